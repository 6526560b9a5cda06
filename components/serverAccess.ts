import * as pulumi from "@pulumi/pulumi";
import { ServerReachable } from "../providers/serverReachable";
import type { Settings } from "./config";
import type { ElasticIp } from "./elasticIp";
import type { Instance } from "./instance";
import type { Network } from "./network";
import { Server, SSH_USER } from "./server";
import { knownHostsLine, sshCommand } from "./sshFiles";
import { letsMeIn } from "./thisComputer";

export interface ServerAccessArgs extends Pick<
  Settings,
  "region" | "sshCidrs" | "sshPort" | "sshWaitMinutes"
> {
  network: Network;
  instance: Instance;
  elasticIp: ElasticIp;
}

/** How the server is logged in to, and the look that it can be, which every step on it comes after. */
export class ServerAccess {
  readonly server: Server;
  readonly reachable: ServerReachable;
  /** What a person needs to log in. */
  readonly outputs: Record<"sshCommand" | "sshPrivateKey" | "sshKnownHosts", pulumi.Output<string>>;

  constructor(name: string, args: ServerAccessArgs) {
    const { network, instance, elasticIp, region, sshCidrs, sshPort, sshWaitMinutes } = args;
    const { publicIp, association } = elasticIp;
    const { sshPrivateKey, hostKey, instanceId } = instance;
    this.server = {
      address: publicIp,
      instanceId,
      privateKey: sshPrivateKey,
      hostKey,
      port: sshPort,
    };
    this.reachable = new ServerReachable(
      `${name}-reachable`,
      {
        ...this.server,
        user: SSH_USER,
        instanceUrn: instance.instanceUrn,
        region,
        letsMeIn: letsMeIn(sshCidrs),
        // Closed to everybody: nothing to wait for.
        waitMinutes: sshCidrs.length > 0 ? sshWaitMinutes : 0,
      },
      { dependsOn: [...network.waysInAndOut, association, instance.attachment] },
    );
    this.outputs = {
      sshCommand: publicIp.apply((address) => sshCommand(name, address, sshPort)),
      sshPrivateKey,
      sshKnownHosts: pulumi
        .all([publicIp, hostKey])
        .apply(([address, key]) => knownHostsLine(address, sshPort, key)),
    };
  }
}
