import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { operatorPolicy, partitionOf } from "./operatorPolicy";
import { named, StackTags } from "./tags";

export interface OperatorArgs {
  /** With `administrator` the operator may do everything in the account, the guide's way. */
  access: "leastPrivilege" | "administrator";
  /** Regions in which workshops may be made. */
  regions: readonly string[];
  /** Zone in Route 53 whose A records may be changed. Default: none. */
  zoneId?: string | undefined;
  /** Name of the bucket of Pulumi's state. */
  stateBucket: string;
  /** Name of the role of AWS's scheduler. */
  schedulerRole: string;
  tags: StackTags;
}

/**
 * Phase 1 of the guide: a group with its policy, a user in it, and the user's access key. Workshops
 * are made with that user, never with the account's root or an administrator.
 *
 * Costs nothing. AWS lets a user have two access keys; `pulumi up --replace` with the key's URN makes
 * a new one before it deletes the old.
 */
export class Operator extends pulumi.ComponentResource {
  readonly userName: pulumi.Output<string>;
  readonly accessKeyId: pulumi.Output<string>;
  /** Secret. */
  readonly secretAccessKey: pulumi.Output<string>;

  constructor(name: string, args: OperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Operator", name, {}, opts);
    const child = { parent: this };

    const group = new iam.Group(`${name}-operators`, { name: `${name}-operators` }, child);
    new iam.GroupPolicyAttachment(
      `${name}-operators-policy`,
      { group: group.name, policyArn: this.policyArn(name, args) },
      child,
    );
    const user = new iam.User(
      `${name}-operator`,
      {
        name: `${name}-operator`,
        // A second key or a second factor, added by hand, must not keep the user from being removed.
        forceDestroy: true,
        tags: named(args.tags, `${name}-operator`),
      },
      child,
    );
    new iam.UserGroupMembership(
      `${name}-operator-group`,
      { user: user.name, groups: [group.name] },
      child,
    );
    const key = new iam.AccessKey(`${name}-operator-key`, { user: user.name }, child);

    this.userName = user.name;
    this.accessKeyId = key.id;
    this.secretAccessKey = pulumi.secret(key.secret);
    this.registerOutputs({ userName: this.userName });
  }

  private policyArn(name: string, args: OperatorArgs): pulumi.Input<string> {
    if (args.access === "administrator") {
      return `arn:${partitionOf(args.regions[0] ?? "")}:iam::aws:policy/AdministratorAccess`;
    }
    return new iam.Policy(
      `${name}-operator-policy`,
      {
        name: `${name}-operator`,
        description: "Make, change and remove what has the tag project of tljh-workshop",
        policy: JSON.stringify(operatorPolicy(args)),
        tags: named(args.tags, `${name}-operator`),
      },
      { parent: this },
    ).arn;
  }
}
