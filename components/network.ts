import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { named, StackTags } from "./tags";

/** Who may reach the port of SSH. */
export interface SshSource {
  /** Part of the rule's name; the same as long as it means the same source. */
  label: string;
  /** IPv4 range, such as 203.0.113.7/32. */
  cidr: string;
}

export interface NetworkArgs {
  /** Availability zone of the subnet; only looked at when the subnet is made. */
  availabilityZone: string;
  sshSources: readonly SshSource[];
  /** Of SSH. */
  sshPort: number;
  tags: StackTags;
}

/** The whole range of the VPC. Nobody but the server lives here, so that any private range does. */
const VPC_CIDR = "10.0.0.0/16";
const SUBNET_CIDR = "10.0.0.0/24";
const ANYWHERE = "0.0.0.0/0";

/**
 * Phase 2 of the guide, its network: a VPC of its own with one public subnet, a way to the
 * internet, and a security group that lets everything out and, at first, only SSH in. Ports 80 and
 * 443 are opened by `PublicPorts` once the accounts exist.
 *
 * Costs nothing by itself. Each rule is a resource of its own, so that changing one never touches
 * the others; rules inside the group would be mixed up with them.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnetId: pulumi.Output<string>;
  /** Zone of the subnet, where instance and data volume must be. */
  readonly availabilityZone: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  /** What must exist before anybody can log in over SSH and the server can reach the internet. */
  readonly waysInAndOut: pulumi.Resource[];

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Network", name, {}, opts);
    const child = { parent: this };
    const tags = (what: string) => named(args.tags, `${name}-${what}`);

    const cloud = new ec2.Vpc(
      `${name}-vpc`,
      { cidrBlock: VPC_CIDR, enableDnsHostnames: true, tags: tags("vpc") },
      child,
    );
    const subnet = new ec2.Subnet(
      `${name}-subnet`,
      {
        vpcId: cloud.id,
        cidrBlock: SUBNET_CIDR,
        availabilityZone: args.availabilityZone,
        tags: tags("subnet"),
      },
      // Another zone would replace the subnet and with it the running machine.
      { ...child, ignoreChanges: ["availabilityZone"] },
    );
    const routes = this.wayToTheInternet(name, cloud, subnet, tags);
    const group = new ec2.SecurityGroup(
      `${name}-group`,
      {
        vpcId: cloud.id,
        description: "Workshop server: SSH for its makers, HTTP and HTTPS for everybody",
        tags: tags("group"),
      },
      child,
    );
    // The provider takes AWS's own rule away: without this one the server reaches nothing.
    const egress = new vpc.SecurityGroupEgressRule(
      `${name}-egress`,
      {
        securityGroupId: group.id,
        ipProtocol: "-1",
        cidrIpv4: ANYWHERE,
        description: "Packages, git hosts, certificates",
        tags: tags("egress"),
      },
      child,
    );
    if (args.sshSources.some(({ cidr }) => cidr === ANYWHERE)) {
      const text = `sshCidrs has ${ANYWHERE}: everybody in the internet may try to log in over SSH, with keys only. To end that: npm run doors -- open, then: npm run doors -- close ${ANYWHERE}`;
      void pulumi.log.warn(text, this);
    }
    const ssh = args.sshSources.map(
      ({ label, cidr }) =>
        new vpc.SecurityGroupIngressRule(
          `${name}-ssh-${label}`,
          {
            securityGroupId: group.id,
            ipProtocol: "tcp",
            fromPort: args.sshPort,
            toPort: args.sshPort,
            cidrIpv4: cidr,
            description: "SSH",
            tags: tags(`ssh-${label}`),
          },
          child,
        ),
    );

    this.vpcId = cloud.id;
    this.subnetId = subnet.id;
    this.availabilityZone = subnet.availabilityZone;
    this.securityGroupId = group.id;
    this.waysInAndOut = [...routes, egress, ...ssh];
    this.registerOutputs({ vpcId: this.vpcId, subnetId: this.subnetId });
  }

  /** Where a machine of this network is. */
  get place() {
    const { subnetId, securityGroupId, availabilityZone } = this;
    return { subnetId, securityGroupId, availabilityZone };
  }

  private wayToTheInternet(
    name: string,
    cloud: ec2.Vpc,
    subnet: ec2.Subnet,
    tags: (what: string) => Record<string, string>,
  ): pulumi.Resource[] {
    const child = { parent: this };
    const gateway = new ec2.InternetGateway(
      `${name}-gateway`,
      { vpcId: cloud.id, tags: tags("gateway") },
      child,
    );
    const table = new ec2.RouteTable(
      `${name}-routes`,
      { vpcId: cloud.id, tags: tags("routes") },
      child,
    );
    const route = new ec2.Route(
      `${name}-internet`,
      { routeTableId: table.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id },
      child,
    );
    const association = new ec2.RouteTableAssociation(
      `${name}-subnet-routes`,
      { routeTableId: table.id, subnetId: subnet.id },
      child,
    );
    return [route, association];
  }
}
