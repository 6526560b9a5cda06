/** What is in AWS's regions with this project's tag. */
import { setMaxListeners } from "node:events";
import {
  DescribeAddressesCommand,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  DescribeTagsCommand,
  paginateDescribeImages,
  paginateDescribeInstances,
  paginateDescribeInternetGateways,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroupRules,
  paginateDescribeSecurityGroups,
  paginateDescribeSnapshots,
  paginateDescribeSubnets,
  paginateDescribeTags,
  paginateDescribeVolumes,
  paginateDescribeVpcs,
  type EC2Client,
  type RouteTable,
  type SecurityGroupRule,
  type Tag,
} from "@aws-sdk/client-ec2";
import { PROJECT } from "./tags";
import { BACKUPS, routeIn, withImages, type Kind, type Seen } from "./taggedThings";

/** For all that is asked of one region. */
const REGION_SECONDS = 30;

/** What came of one region. */
export type Looked =
  | { region: string; things: Seen[] }
  /** `refused`: the user may not look there. */
  | { region: string; failed: string; refused: boolean };

/** Names of all regions that the account may use. */
export async function regionsOf(ec2: EC2Client): Promise<string[]> {
  const { Regions = [] } = await ec2.send(new DescribeRegionsCommand({}));
  return Regions.flatMap(({ RegionName }) => RegionName ?? []).sort();
}

function limitOf(seconds: number): AbortSignal {
  const signal = AbortSignal.timeout(seconds * 1000);
  // All questions are asked at once, each of which listens for it.
  setMaxListeners(0, signal);
  return signal;
}

/** Looks for what one stack has made in one region. */
export function lookForStack(
  ec2: EC2Client,
  region: string,
  stack: string,
  seconds: number,
): StackLook {
  return new Look(ec2, region, stack, limitOf(seconds));
}

/** Either throws when AWS does not answer within some seconds. */
export interface StackLook {
  /** Ids of what has the stack's tag, but for backups. One question; what has just gone is named a while. */
  ids(): Promise<string[]>;
  /** What there is, but for backups. */
  made(): Promise<Seen[]>;
}

/** Looks into one region, and not for longer than some time. Never fails. */
export async function lookInto(
  ec2: EC2Client,
  region: string,
  only: string | undefined,
): Promise<Looked> {
  const abortSignal = limitOf(REGION_SECONDS);
  try {
    const look = new Look(ec2, region, only, abortSignal);
    return { region, things: (await look.isEmpty()) ? [] : await look.all() };
  } catch (error) {
    const { name, message } = error as Error;
    const refused = /UnauthorizedOperation|AccessDenied|not authorized|OptInRequired/;
    if (refused.test(`${name} ${message}`)) return { region, failed: name, refused: true };
    const late = abortSignal.aborted ? `no answer within ${REGION_SECONDS} s` : "";
    return { region, failed: late || `${name}: ${message}`, refused: false };
  }
}

class Look implements StackLook {
  private readonly filters: { Name: string; Values: string[] }[];

  constructor(
    private readonly ec2: EC2Client,
    private readonly region: string,
    private readonly only: string | undefined,
    private readonly abortSignal: AbortSignal,
  ) {
    this.filters = [
      { Name: "tag:project", Values: [PROJECT] },
      ...(only === undefined ? [] : [{ Name: "tag:stack", Values: [only] }]),
    ];
  }

  /** One question instead of twelve, since most regions have nothing. Tags of what has just gone stay a while. */
  async isEmpty(): Promise<boolean> {
    const Filters = [
      { Name: "key", Values: ["project"] },
      { Name: "value", Values: [PROJECT] },
    ];
    const ask = new DescribeTagsCommand({ Filters, MaxResults: 5 });
    const { Tags = [] } = await this.ec2.send(ask, { abortSignal: this.abortSignal });
    return Tags.length === 0;
  }

  async ids(): Promise<string[]> {
    const Filters = [{ Name: "tag:stack", Values: [this.only ?? ""] }];
    const pages = await this.pages(paginateDescribeTags, { Filters });
    return pages
      .flatMap(({ Tags = [] }) => Tags)
      .filter(({ ResourceType }) => !BACKUPS.some((kind) => kind === ResourceType))
      .flatMap(({ ResourceId }) => ResourceId ?? []);
  }

  async made(): Promise<Seen[]> {
    const found = await Promise.all([
      this.instances(),
      this.volumes(),
      this.addresses(),
      this.rules(),
      this.securityGroups(),
      this.subnets(),
      this.routeTables(),
      this.gateways(),
      this.keyPairs(),
      this.vpcs(),
    ]);
    return found.flat();
  }

  async all(): Promise<Seen[]> {
    const found = await Promise.all([this.made(), this.images(), this.snapshots()]);
    return withImages(found.flat());
  }

  private seen(
    kind: Kind,
    id: string | undefined,
    tags: Tag[] | undefined,
    what: string,
    more: Partial<Seen> = {},
  ): Seen {
    const tag = (key: string) => tags?.find(({ Key }) => Key === key)?.Value ?? "";
    const { region } = this;
    return {
      region,
      kind,
      id: id ?? "",
      stack: tag("stack"),
      name: tag("Name"),
      what,
      kin: [],
      ...more,
    };
  }

  /** All pages of an answer. */
  private async pages<Input, Page>(
    paginate: (
      config: { client: EC2Client },
      input: Input,
      options: { abortSignal: AbortSignal },
    ) => AsyncIterable<Page>,
    input: Input,
  ): Promise<Page[]> {
    const { ec2: client, abortSignal } = this;
    const pages: Page[] = [];
    for await (const page of paginate({ client }, input, { abortSignal })) pages.push(page);
    return pages;
  }

  private async instances(): Promise<Seen[]> {
    const alive = ["pending", "running", "stopping", "stopped"];
    const Filters = [...this.filters, { Name: "instance-state-name", Values: alive }];
    const pages = await this.pages(paginateDescribeInstances, { Filters });
    return pages
      .flatMap(({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances))
      .map(({ InstanceId, Tags, InstanceType: type = "", State }) => {
        const isPaid = ["pending", "running"].includes(State?.Name ?? "");
        const more = isPaid ? { runningType: type } : {};
        return this.seen("instance", InstanceId, Tags, `${type}, ${State?.Name}`, more);
      });
  }

  private async images(): Promise<Seen[]> {
    const input = { Owners: ["self"], Filters: this.filters };
    const pages = await this.pages(paginateDescribeImages, input);
    return pages
      .flatMap(({ Images = [] }) => Images)
      .map((it) =>
        this.seen(
          "image",
          it.ImageId,
          it.Tags,
          `${it.Name ?? ""}, of ${it.CreationDate?.slice(0, 10)}`,
          { kin: (it.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []) },
        ),
      );
  }

  private async snapshots(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeSnapshots, {
      OwnerIds: ["self"],
      Filters: this.filters,
    });
    return pages
      .flatMap(({ Snapshots = [] }) => Snapshots)
      .map(({ SnapshotId, Tags, VolumeSize: gib = 0, StartTime }) => {
        const day = StartTime?.toISOString().slice(0, 10) ?? "";
        return this.seen("snapshot", SnapshotId, Tags, `of a disk of ${gib} GiB, ${day}`, { gib });
      });
  }

  private async volumes(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeVolumes, { Filters: this.filters });
    return pages
      .flatMap(({ Volumes = [] }) => Volumes)
      .filter(({ State }) => !/^delet/.test(State ?? ""))
      .map(({ VolumeId, Tags, Size: gib = 0, State, Attachments = [] }) => {
        const kin = Attachments.flatMap(({ InstanceId }) => InstanceId ?? []);
        return this.seen("volume", VolumeId, Tags, `${gib} GiB, ${State}`, { gib, kin });
      });
  }

  private async addresses(): Promise<Seen[]> {
    const ask = new DescribeAddressesCommand({ Filters: this.filters });
    const { Addresses = [] } = await this.ec2.send(ask, { abortSignal: this.abortSignal });
    return Addresses.map((it) => this.seen("address", it.AllocationId, it.Tags, it.PublicIp ?? ""));
  }

  private async securityGroups(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeSecurityGroups, { Filters: this.filters });
    return pages
      .flatMap(({ SecurityGroups = [] }) => SecurityGroups)
      .map((it) => this.seen("security group", it.GroupId, it.Tags, `in ${it.VpcId}`));
  }

  private async rules(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeSecurityGroupRules, { Filters: this.filters });
    return pages
      .flatMap(({ SecurityGroupRules = [] }) => SecurityGroupRules)
      .map((it) =>
        this.seen("security group rule", it.SecurityGroupRuleId, it.Tags, ruleText(it), {
          ...(it.GroupId !== undefined && { partOf: it.GroupId }),
        }),
      );
  }

  private async subnets(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeSubnets, { Filters: this.filters });
    return pages
      .flatMap(({ Subnets = [] }) => Subnets)
      .map((it) => this.seen("subnet", it.SubnetId, it.Tags, `in ${it.VpcId}`));
  }

  private async routeTables(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeRouteTables, { Filters: this.filters });
    return pages.flatMap(({ RouteTables = [] }) => RouteTables).flatMap((it) => this.table(it));
  }

  /** A table with its parts, which have no tags. */
  private table(table: RouteTable): Seen[] {
    const { RouteTableId: id = "", VpcId, Tags, Routes = [], Associations = [] } = table;
    const part = (kind: Kind, partId: string, what: string, kin: string[] = []) =>
      this.seen(kind, partId, Tags, what, { kin, partOf: id });
    const own = Routes.filter(({ Origin }) => Origin === "CreateRoute");
    return [
      this.seen("route table", id, Tags, `in ${VpcId}`),
      ...own.map(({ DestinationCidrBlock: to = "", GatewayId }) =>
        part("route", `${id}_${to}`, `by ${GatewayId}`, [routeIn(id)]),
      ),
      ...Associations.filter(({ Main }) => !Main).map(({ RouteTableAssociationId, SubnetId }) =>
        part("route table association", RouteTableAssociationId ?? "", `of ${id} and ${SubnetId}`),
      ),
    ];
  }

  private async gateways(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeInternetGateways, { Filters: this.filters });
    return pages
      .flatMap(({ InternetGateways = [] }) => InternetGateways)
      .map((it) => {
        const [vpc] = it.Attachments ?? [];
        const what = vpc ? `of ${vpc.VpcId}` : "attached to nothing";
        return this.seen("internet gateway", it.InternetGatewayId, it.Tags, what);
      });
  }

  private async keyPairs(): Promise<Seen[]> {
    const ask = new DescribeKeyPairsCommand({ Filters: this.filters });
    const { KeyPairs = [] } = await this.ec2.send(ask, { abortSignal: this.abortSignal });
    return KeyPairs.map(({ KeyPairId, KeyName = "", Tags }) =>
      this.seen("key pair", KeyPairId, Tags, KeyName, { kin: [KeyName] }),
    );
  }

  private async vpcs(): Promise<Seen[]> {
    const pages = await this.pages(paginateDescribeVpcs, { Filters: this.filters });
    return pages
      .flatMap(({ Vpcs = [] }) => Vpcs)
      .map((it) => this.seen("vpc", it.VpcId, it.Tags, it.CidrBlock ?? ""));
  }
}

function ruleText({ IsEgress, IpProtocol, ToPort, CidrIpv4 = "" }: SecurityGroupRule): string {
  const what = IpProtocol === "-1" ? "everything" : `port ${ToPort}`;
  return `${what} ${IsEgress ? "to" : "from"} ${CidrIpv4}`;
}
