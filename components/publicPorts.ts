import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { named, StackTags } from "./tags";

export interface PublicPortsArgs {
  securityGroupId: pulumi.Input<string>;
  tags: StackTags;
}

/** Ports that participants use. */
const PORTS = { http: 80, https: 443 } as const;

/**
 * Opens ports 80 and 443 to everybody. Made last, after the accounts have their passwords: with
 * TLJH's authenticator the first visitor to a name without a password chooses it and so owns it.
 *
 * Costs nothing.
 */
export class PublicPorts extends pulumi.ComponentResource {
  readonly rules: pulumi.Resource[];

  constructor(name: string, args: PublicPortsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:PublicPorts", name, {}, opts);
    this.rules = Object.entries(PORTS).map(
      ([label, port]) =>
        new vpc.SecurityGroupIngressRule(
          `${name}-${label}`,
          {
            securityGroupId: args.securityGroupId,
            ipProtocol: "tcp",
            fromPort: port,
            toPort: port,
            cidrIpv4: "0.0.0.0/0",
            description: label.toUpperCase(),
            tags: named(args.tags, `${name}-${label}`),
          },
          { parent: this },
        ),
    );
    this.registerOutputs({});
  }
}
