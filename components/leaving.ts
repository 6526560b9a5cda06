import * as pulumi from "@pulumi/pulumi";
import { DestroyGuard } from "../providers/destroyGuard";
import { tokenPage } from "../providers/gitToken";
import type { Settings } from "./config";
import { serverNames } from "./dns";
import { scriptSource, Server, serverPrograms, SSH_USER } from "./server";

/** Of the stack's configuration, with the server. */
export type LeavingArgs = Settings & {
  server: Server;
  dataVolumeId: pulumi.Input<string>;
  publicIp: pulumi.Output<string>;
};

/**
 * All resources that are registered from now on, as they come. Without the network's own: the look
 * that the server can be reached comes after those, and `npm run doors` closes a door of SSH without
 * touching what comes last.
 */
export function watchResources(): pulumi.Resource[] {
  const seen: pulumi.Resource[] = [];
  pulumi.runtime.registerStackTransformation(({ resource, type, opts: { parent } }) => {
    const isOfNetwork = [type, typeOf(parent)].includes("tljh:index:Network");
    if (!isOfNetwork) seen.push(resource);
    return undefined;
  });
  return seen;
}

/** Who depends on a component depends on what is in it, and not on an empty one. */
function itself(resource: pulumi.Resource): pulumi.Input<pulumi.Resource> {
  return pulumi.ComponentResource.isInstance(resource)
    ? resource.urn.apply((urn) => new pulumi.DependencyResource(urn))
    : resource;
}

function typeOf(resource: pulumi.Resource | undefined): string | undefined {
  return (resource as { __pulumiType?: string } | undefined)?.__pulumiType;
}

/**
 * What stands before `pulumi destroy`, and says what stays to do after it.
 *
 * Costs nothing. See `DestroyGuard` for what it refuses.
 */
export function guardDestroy(
  name: string,
  args: LeavingArgs,
  everything: readonly pulumi.Resource[],
): DestroyGuard {
  const { server, region, profile, publicIp, dataVolumeId, ec2 } = args;
  const { gitHost, gitToken, elasticIpAllocationId } = args;
  return new DestroyGuard(
    `${name}-guard`,
    {
      ...server,
      user: SSH_USER,
      region,
      stack: pulumi.getStack(),
      name,
      dataVolumeId,
      ec2,
      profile: profile ?? "",
      tokenPage: gitToken === undefined ? "" : tokenPage(gitHost),
      records: publicIp.apply((address) =>
        serverNames(args, address).flatMap((one) => (one.isManaged ? [] : [one.record])),
      ),
      allocationId: elasticIpAllocationId ?? "",
      script: scriptSource("leaving"),
      programs: serverPrograms("leaving"),
    },
    { dependsOn: everything.map(itself) },
  );
}
