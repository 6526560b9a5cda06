/** What AWS says of a stack's machine, and what that means for a person. */
import { DescribeInstancesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import type { Problem } from "../components/text";

/** As AWS names them; `gone`: AWS does not know it, or not any more. */
export type MachineState = "pending" | "running" | "stopping" | "stopped" | "gone";

/** One instance. */
export interface SeenMachine {
  state: MachineState;
  instanceType: string;
  /** When it was last started. */
  started?: Date;
  /** Why it is stopped, in AWS's words; empty while it runs. */
  reason: string;
}

const GONE: SeenMachine = { state: "gone", instanceType: "", reason: "" };

/**
 * @param seconds after which AWS is not waited for any longer
 * @throws Error of AWS's when it does not answer, or refuses
 */
export async function seeMachine(
  ec2: EC2Client,
  instanceId: string,
  seconds = 20,
): Promise<SeenMachine> {
  const abortSignal = AbortSignal.timeout(seconds * 1000);
  const answer = await ec2
    .send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal })
    .catch((error: Error) => {
      if (error.name.startsWith("InvalidInstanceID")) return undefined;
      throw error;
    });
  const found = answer?.Reservations?.[0]?.Instances?.[0];
  const state = found?.State?.Name;
  if (found === undefined || state === undefined) return GONE;
  if (state === "terminated" || state === "shutting-down") return GONE;
  return {
    state,
    instanceType: found.InstanceType ?? "",
    ...(found.LaunchTime && { started: found.LaunchTime }),
    reason: found.StateTransitionReason ?? "",
  };
}

/**
 * Why a machine cannot be asked for anything.
 *
 * @returns undefined when it runs
 */
export function notRunning(
  { state, reason }: Pick<SeenMachine, "state" | "reason">,
  where: { stack: string; instanceId: string; region: string },
): Problem | undefined {
  const { stack, instanceId, region } = where;
  const received = `${instanceId} in ${region}: ${state}${reason === "" ? "" : ` (${reason})`}`;
  switch (state) {
    case "pending":
    case "running":
      return undefined;
    case "stopping":
    case "stopped":
      return {
        wrong: state === "stopped" ? "The instance is stopped" : "The instance is being stopped",
        received,
        allowed: "a running instance",
        mend: `npm run start -- --stack ${stack}`,
      };
    case "gone":
      return {
        wrong: "The instance does not exist any more",
        received,
        allowed: "a running instance",
        mend: `pulumi up --refresh --stack ${stack}, which makes a new one; participants' files stay`,
      };
  }
}
