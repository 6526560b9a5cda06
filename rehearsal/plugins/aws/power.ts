/** Starting and stopping instances, and waiting for it. */

import {
  DescribeInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  type EC2Client,
  type Instance,
} from "@aws-sdk/client-ec2";
import { doing, found } from "./errors";
import type { Scope } from "./resource";
import { waitFor } from "./wait";

/** An instance as AWS lists it; undefined when it was never there or is forgotten. */
export async function findInstance(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const answer = await found(ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })));
  return answer?.Reservations?.[0]?.Instances?.[0];
}

/** Waits for an instance's state. AWS's reason is told when it goes elsewhere. */
export async function waitForInstance(
  id: string,
  action: "create" | "start" | "stop" | "delete",
  wanted: "running" | "stopped" | "terminated",
  passing: readonly string[],
  scope: Scope,
): Promise<void> {
  await waitFor({
    what: `EC2 Instance (${id}) ${action}`,
    wanted: [wanted],
    passing,
    timeoutSeconds: scope.timeoutSeconds,
    look: async () => {
      const live = await findInstance(scope.ec2, id);
      const gone = wanted === "terminated" ? "terminated" : "pending";
      const reason = live?.StateReason;
      return {
        state: live?.State?.Name ?? gone,
        reason: reason?.Code === undefined ? undefined : `${reason.Code}: ${reason.Message ?? ""}`,
      };
    },
  });
}

/** Stops an instance, also one that is stopping or stopped already, and waits. */
export async function stopInstance(id: string, scope: Scope): Promise<void> {
  await doing(
    `stopping EC2 Instance (${id})`,
    scope.ec2.send(new StopInstancesCommand({ InstanceIds: [id] })),
  );
  await waitForInstance(id, "stop", "stopped", ["pending", "running", "stopping"], scope);
}

/** Starts a stopped instance and waits until it runs. */
export async function startInstance(id: string, scope: Scope): Promise<void> {
  await doing(
    `starting EC2 Instance (${id})`,
    scope.ec2.send(new StartInstancesCommand({ InstanceIds: [id] })),
  );
  await waitForInstance(id, "start", "running", ["pending", "stopped"], scope);
}
