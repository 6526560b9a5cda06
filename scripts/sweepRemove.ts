/** Removes what is left over, in an order in which AWS lets go of it. */
import {
  DeleteInternetGatewayCommand,
  DeleteKeyPairCommand,
  DeleteRouteCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteSubnetCommand,
  DeleteVolumeCommand,
  DeleteVpcCommand,
  DeregisterImageCommand,
  DescribeAddressesCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DetachInternetGatewayCommand,
  DisassociateAddressCommand,
  DisassociateRouteTableCommand,
  ReleaseAddressCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import type { Kind, Thing } from "../components/taggedThings";

/** AWS lets go of an instance's disks and interface only some time after its end. */
const PATIENCE_SECONDS = 300;
const PAUSE_MS = 2000;

/** What became of one thing. `why`: it is still there. */
export interface Removed {
  thing: Thing;
  why?: string;
}

type Remove = (ec2: EC2Client, id: string) => Promise<unknown>;

const REMOVE: Readonly<Record<Kind, Remove>> = {
  async instance(ec2, id) {
    const InstanceIds = [id];
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    const patience = { client: ec2, maxWaitTime: PATIENCE_SECONDS, minDelay: 1, maxDelay: 5 };
    await waitUntilInstanceTerminated(patience, { InstanceIds });
  },
  image: (ec2, ImageId) => ec2.send(new DeregisterImageCommand({ ImageId })),
  snapshot: (ec2, SnapshotId) => ec2.send(new DeleteSnapshotCommand({ SnapshotId })),
  volume: (ec2, VolumeId) => ec2.send(new DeleteVolumeCommand({ VolumeId })),
  async address(ec2, AllocationId) {
    const ask = new DescribeAddressesCommand({ AllocationIds: [AllocationId] });
    const { Addresses = [] } = await ec2.send(ask);
    for (const { AssociationId } of Addresses) {
      if (AssociationId) await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    }
    await ec2.send(new ReleaseAddressCommand({ AllocationId }));
  },
  async "security group rule"(ec2, id) {
    const SecurityGroupRuleIds = [id];
    const ask = new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds });
    const { SecurityGroupRules: [rule] = [] } = await ec2.send(ask);
    const which = { GroupId: rule?.GroupId, SecurityGroupRuleIds };
    if (rule?.IsEgress) await ec2.send(new RevokeSecurityGroupEgressCommand(which));
    else await ec2.send(new RevokeSecurityGroupIngressCommand(which));
  },
  "security group": (ec2, GroupId) => ec2.send(new DeleteSecurityGroupCommand({ GroupId })),
  route(ec2, id) {
    const [RouteTableId, DestinationCidrBlock] = id.split("_");
    return ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock }));
  },
  "route table association": (ec2, AssociationId) =>
    ec2.send(new DisassociateRouteTableCommand({ AssociationId })),
  subnet: (ec2, SubnetId) => ec2.send(new DeleteSubnetCommand({ SubnetId })),
  async "route table"(ec2, RouteTableId) {
    const ask = new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] });
    const { RouteTables = [] } = await ec2.send(ask);
    for (const { Main, RouteTableAssociationId: AssociationId } of RouteTables[0]?.Associations ??
      []) {
      if (!Main) await ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
    }
    await ec2.send(new DeleteRouteTableCommand({ RouteTableId }));
  },
  async "internet gateway"(ec2, InternetGatewayId) {
    const ask = new DescribeInternetGatewaysCommand({ InternetGatewayIds: [InternetGatewayId] });
    const { InternetGateways = [] } = await ec2.send(ask);
    for (const { VpcId } of InternetGateways[0]?.Attachments ?? []) {
      await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    }
    await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }));
  },
  "key pair": (ec2, KeyPairId) => ec2.send(new DeleteKeyPairCommand({ KeyPairId })),
  vpc: (ec2, VpcId) => ec2.send(new DeleteVpcCommand({ VpcId })),
};

/** That a thing is gone already, such as a root disk with its machine. */
const GONE = /NotFound|Unavailable/;
/** That something else has not let go of it yet. */
const HELD = /DependencyViolation|VolumeInUse|InUse|IncorrectState/;

async function removeOne(ec2: EC2Client, { kind, id }: Thing): Promise<string | undefined> {
  const end = Date.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    try {
      await REMOVE[kind](ec2, id);
      return undefined;
    } catch (error) {
      const { name, message } = error as Error;
      if (GONE.test(name)) return undefined;
      if (!HELD.test(name) || Date.now() > end) return `${name}: ${message}`;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/**
 * One after the other in each region, all regions at once. What fails keeps nothing else back.
 *
 * @param things in the order of `orphansOf`
 * @param done is told of each
 */
export async function removeAll(
  things: readonly Thing[],
  ec2: (region: string) => EC2Client,
  done: (removed: Removed) => void,
): Promise<Removed[]> {
  const regions = [...new Set(things.map(({ region }) => region))];
  const removed = await Promise.all(
    regions.map(async (region) => {
      const client = ec2(region);
      const results: Removed[] = [];
      for (const thing of things.filter((it) => it.region === region)) {
        const why = await removeOne(client, thing);
        const result: Removed = { thing, ...(why !== undefined && { why }) };
        done(result);
        results.push(result);
      }
      return results;
    }),
  );
  return removed.flat();
}
