import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { named, StackTags } from "./tags";

export interface ElasticIpArgs {
  instanceId: pulumi.Input<string>;
  /** An address of the user's own, which is associated and never released. Default: one is made. */
  allocationId?: string;
  tags: StackTags;
}

/**
 * Step 2.5 of the guide: the Elastic IP and its association with the instance.
 *
 * An address costs 0.005 USD an hour, associated or not (AWS's price of public IPv4 addresses since
 * February 2024: https://aws.amazon.com/vpc/pricing/). One made here is released by
 * `pulumi destroy`; an own one stays, so that its DNS record is good for the next workshop too.
 */
export class ElasticIp extends pulumi.ComponentResource {
  readonly publicIp: pulumi.Output<string>;
  readonly allocationId: pulumi.Output<string>;
  /** Until it exists the server cannot be reached. */
  readonly association: ec2.EipAssociation;

  constructor(name: string, args: ElasticIpArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:ElasticIp", name, {}, opts);
    const address = args.allocationId
      ? ec2.getElasticIpOutput({ id: args.allocationId }, { parent: this })
      : new ec2.Eip(
          `${name}-address`,
          { domain: "vpc", tags: named(args.tags, `${name}-address`) },
          { parent: this },
        );
    this.allocationId = pulumi.output(address.id);
    this.publicIp = pulumi.output(address.publicIp);
    this.association = new ec2.EipAssociation(
      `${name}-association`,
      {
        allocationId: this.allocationId,
        instanceId: args.instanceId,
        // A replaced machine takes the address over from the old one.
        allowReassociation: true,
      },
      { parent: this },
    );
    this.registerOutputs({ publicIp: this.publicIp });
  }
}
