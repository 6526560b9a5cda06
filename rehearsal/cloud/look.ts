/** What the rules of strictness look at: the present state of one region, past the front door. */

import {
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  type Address,
  type EC2Client,
  type Image,
  type Instance,
  type InstanceTypeInfo,
  type InternetGateway,
  type SecurityGroup,
  type Subnet,
  type Volume,
} from "@aws-sdk/client-ec2";

/** Undefined when AWS doesn't know it: then moto's own error is the right one. */
async function known<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (failure) {
    const status = (failure as { $metadata?: { httpStatusCode?: number } }).$metadata;
    if (status?.httpStatusCode === 400) return undefined;
    throw failure;
  }
}

export class Look {
  constructor(private readonly ec2: EC2Client) {}

  /** All instances that are not terminated. */
  async instances(): Promise<Instance[]> {
    const answer = await this.ec2.send(new DescribeInstancesCommand({}));
    return (answer.Reservations ?? [])
      .flatMap(({ Instances }) => Instances ?? [])
      .filter(({ State }) => State?.Name !== "terminated");
  }

  /** An instance, a terminated one too. */
  async instance(id: string): Promise<Instance | undefined> {
    const answer = await known(this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })));
    return answer?.Reservations?.[0]?.Instances?.[0];
  }

  async volume(id: string): Promise<Volume | undefined> {
    const answer = await known(this.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })));
    return answer?.Volumes?.[0];
  }

  async addresses(): Promise<Address[]> {
    return (await this.ec2.send(new DescribeAddressesCommand({}))).Addresses ?? [];
  }

  async groups(): Promise<SecurityGroup[]> {
    return (await this.ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups ?? [];
  }

  async subnet(id: string): Promise<Subnet | undefined> {
    const answer = await known(this.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [id] })));
    return answer?.Subnets?.[0];
  }

  async image(id: string): Promise<Image | undefined> {
    const answer = await known(this.ec2.send(new DescribeImagesCommand({ ImageIds: [id] })));
    return answer?.Images?.[0];
  }

  async type(name: string): Promise<InstanceTypeInfo | undefined> {
    const InstanceTypes = [name as "t3.xlarge"];
    const answer = await known(this.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes })));
    return answer?.InstanceTypes?.[0];
  }

  /** Internet gateways attached to a VPC. */
  async gatewaysOf(vpcId: string): Promise<InternetGateway[]> {
    const Filters = [{ Name: "attachment.vpc-id", Values: [vpcId] }];
    const answer = await this.ec2.send(new DescribeInternetGatewaysCommand({ Filters }));
    return answer.InternetGateways ?? [];
  }

  async zones(): Promise<string[]> {
    const answer = await this.ec2.send(new DescribeAvailabilityZonesCommand({}));
    return (answer.AvailabilityZones ?? []).map(({ ZoneName = "" }) => ZoneName);
  }
}
