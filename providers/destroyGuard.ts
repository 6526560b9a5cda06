/* eslint-disable @typescript-eslint/no-require-imports --
   Dynamic providers are kept as text: what they need is required where it runs. */
/**
 * What stands before `pulumi destroy`: it refuses while participants' servers run, and while there are
 * files that nobody has saved.
 *
 * What is said: leavingFindings.ts. What happens on the server: scripts/server/leaving.sh.
 */
import type { EC2Client } from "@aws-sdk/client-ec2";
import * as pulumi from "@pulumi/pulumi";
import type { ClientOptions } from "../components/awsClients";
import { assignments } from "../components/shell";
import { PROJECT } from "../components/tags";
import { formatProblems, type Problem } from "../components/text";
import {
  overridden,
  remainsOf,
  unseenProblems,
  workProblems,
  type LeavingPlace,
  type Remains,
  type Seen,
  type SeenInAws,
  type Snapshots,
} from "./leavingFindings";
import { runOnServer, type Machine, type MachineArgs } from "./ssh";
import { inputsChanged } from "./changedInputs";

export interface DestroyGuardArgs extends MachineArgs {
  dataVolumeId: pulumi.Input<string>;
  /** Of AWS's EC2 as the stack reaches it. Secret: there may be keys in it. */
  ec2: pulumi.Input<ClientOptions>;
  /** Value of the tag `stack` on snapshots. */
  name: pulumi.Input<string>;
  profile: pulumi.Input<string>;
  /** See `Remains`. */
  tokenPage: pulumi.Input<string>;
  records: pulumi.Input<pulumi.Input<string>[]>;
  allocationId: pulumi.Input<string>;
  /** Text of scripts/server/leaving.sh, with what the steps share. */
  script: pulumi.Input<string>;
  /** File name to text of the programs that it runs. */
  programs: pulumi.Input<Record<string, string>>;
}

export type DestroyGuardInputs = pulumi.Unwrap<DestroyGuardArgs>;

/** Forty homes, four at a time, some of them large. */
const LOOK_SECONDS = 540;
/** For an answer of AWS. */
const AWS_SECONDS = 15;
/** For what is only a reminder. */
const REMIND_SECONDS = 5;

/** Asks AWS, and not for long. */
async function askAws<T>(
  values: DestroyGuardInputs,
  seconds: number,
  question: (client: EC2Client, abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const { EC2Client } = require("@aws-sdk/client-ec2") as typeof import("@aws-sdk/client-ec2");
  const client = new EC2Client({ ...values.ec2, maxAttempts: 2 });
  try {
    return await question(client, AbortSignal.timeout(seconds * 1000));
  } finally {
    client.destroy();
  }
}

/** What AWS says there is; what it does not know is gone. */
function lookInAws(values: DestroyGuardInputs): Promise<SeenInAws> {
  const { DescribeInstancesCommand, DescribeVolumesCommand } =
    require("@aws-sdk/client-ec2") as typeof import("@aws-sdk/client-ec2");
  const goneIs = <T>(fallback: T) => {
    return (error: unknown) => {
      const { name } = error as Error;
      if (/NotFound/.test(name)) return fallback;
      throw error;
    };
  };
  return askAws(values, AWS_SECONDS, async (client, abortSignal) => {
    const InstanceIds = [values.instanceId];
    const instance = await client
      .send(new DescribeInstancesCommand({ InstanceIds }), { abortSignal })
      .then(({ Reservations = [] }) => Reservations[0]?.Instances?.[0]?.State?.Name ?? "gone")
      .catch(goneIs("gone"));
    const VolumeIds = [values.dataVolumeId];
    const hasVolume = await client
      .send(new DescribeVolumesCommand({ VolumeIds }), { abortSignal })
      .then(({ Volumes = [] }) => Volumes.some(({ State }) => !/^delet/.test(State ?? "")))
      .catch(goneIs(false));
    return { instance, hasVolume };
  });
}

/** The workshop's snapshots; undefined: AWS did not say. */
async function snapshotsOf(values: DestroyGuardInputs): Promise<Snapshots | undefined> {
  const { DescribeSnapshotsCommand } =
    require("@aws-sdk/client-ec2") as typeof import("@aws-sdk/client-ec2");
  const Filters = [
    { Name: "tag:project", Values: [PROJECT] },
    { Name: "tag:stack", Values: [values.name] },
  ];
  try {
    return await askAws(values, REMIND_SECONDS, async (client, abortSignal) => {
      const ask = new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters });
      const { Snapshots = [] } = await client.send(ask, { abortSignal });
      const gib = Snapshots.reduce((sum, { VolumeSize = 0 }) => sum + VolumeSize, 0);
      return { count: Snapshots.length, gib };
    });
  } catch {
    return undefined;
  }
}

function placeOf(values: DestroyGuardInputs): LeavingPlace {
  const { stack, instanceId, dataVolumeId } = values;
  return { stack, instanceId, dataVolumeId };
}

/** Looks at the server, and where that cannot be, at AWS. */
async function problemsOf(values: DestroyGuardInputs): Promise<Problem[]> {
  const { stack, script, programs } = values;
  const machine: Machine = values;
  const text = assignments({ STACK: stack, ACTION: "look", PROGRAMS: programs }) + script;
  const ran = await runOnServer(machine, text, LOOK_SECONDS).catch((error: unknown) => error);
  if (ran instanceof Error) return unreachableProblems(values, ran.message);
  const { status, stdout, stderr } = ran as { status: number; stdout: string; stderr: string };
  if (status === 0) return workProblems(JSON.parse(stdout) as Seen, placeOf(values));
  return [
    {
      wrong: "Whether participants' files are saved could not be seen on the server",
      received: `${status === -1 ? "the connection broke" : `exit status ${status}`} ${stderr.trim()}`,
      allowed: `an answer within ${LOOK_SECONDS} s`,
      mend: `pulumi destroy --stack ${stack}, once more`,
    },
  ];
}

async function unreachableProblems(values: DestroyGuardInputs, said: string): Promise<Problem[]> {
  // The first two lines of the one shape: what is wrong, and what was received.
  const refused = said
    .split("\n")
    .slice(0, 2)
    .map((line) => line.replace(/^ +received: +/, ""))
    .join(": ");
  try {
    return unseenProblems(await lookInAws(values), refused, placeOf(values));
  } catch (error) {
    return [
      {
        wrong: "Neither the server nor AWS says whether anybody's files would be lost",
        received: `${refused}; AWS: ${(error as Error).message}`,
        allowed: "an answer of one of them",
        mend: `npm run doors -- open --stack ${values.stack}, then pulumi destroy --stack ${values.stack}`,
      },
    ];
  }
}

/** @throws Error with all that speaks against it */
async function refuseLoss(values: DestroyGuardInputs): Promise<void> {
  const { stack } = values;
  const override = process.env["WORKSHOP_DESTROY"] ?? "";
  if (override === "yes") {
    console.error("WORKSHOP_DESTROY=yes: whether files are lost was not looked at");
    return;
  }
  const problems = await problemsOf(values);
  if (problems.length === 0) return;
  if (override !== "") {
    problems.push({
      wrong: "WORKSHOP_DESTROY has another value than yes, and so no meaning",
      received: override,
      allowed: "yes, or nothing",
      mend: overridden(stack),
    });
  }
  const text = `${formatProblems("Nothing was removed", problems)}\n\nTo remove all of it in any case, with everybody's files: ${overridden(stack)}`;
  // Pulumi's launcher prints both beside the message, which the person gets in any case.
  const short = { stack: "refused, for the reasons said here", toString: () => "pulumi destroy" };
  throw Object.assign(new Error(text), short);
}

export const provider: pulumi.dynamic.ResourceProvider<DestroyGuardInputs, DestroyGuardInputs> = {
  create(inputs) {
    return Promise.resolve({ id: "guard", outs: inputs });
  },

  /** Always an update: the delete of a replacement would look at a server that goes on. */
  diff(_id, olds, news) {
    return Promise.resolve({ changes: inputsChanged(olds, news), replaces: [] });
  },

  update(_id, _olds, news) {
    return Promise.resolve({ outs: news });
  },

  async delete(_id, props) {
    await refuseLoss(props);
    const remains: Remains = props;
    const lines = remainsOf(remains, await snapshotsOf(props));
    console.error(`What stays to do after the end of ${props.stack}:`);
    for (const line of lines) console.error(`  - ${line}`);
  },
};

/**
 * Stands before `pulumi destroy`. It depends on everything, so that its delete comes first; when that
 * fails, all of the stack is as it was, and the next `up` or `destroy` goes on.
 *
 * It refuses while participants' servers run, while there are files in home folders that were made or
 * changed after the last export or backup began, and where nobody can see that: a stopped server, one
 * that cannot be logged in to, a disk whose server is gone. `WORKSHOP_DESTROY=yes` in the environment
 * overrides it. Then it says what stays to do. Which files count: scripts/server/leaving/work.py.
 *
 * Costs nothing, and does nothing in `up`. A new machine is an update.
 */
export class DestroyGuard extends pulumi.dynamic.Resource {
  constructor(name: string, args: DestroyGuardArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { ...args, privateKey: pulumi.secret(args.privateKey), ec2: pulumi.secret(args.ec2) },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKey", "ec2"] }, opts),
      "tljh",
      "DestroyGuard",
    );
  }
}
