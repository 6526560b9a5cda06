/** Looks at one stack, in Pulumi's state and at AWS. What cannot be seen costs a cell, not the row. */
import tls from "node:tls";
import {
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { PROJECT } from "../components/tags";
import { askPulumiLater } from "./askPulumi";
import { costSoFar, type FleetRow } from "./fleetRow";
import { hubAnswers } from "./hubHealth";
import { seeMachine, type SeenMachine } from "./machineState";
import { stackPrices } from "./prices";
import { awsOf, type ShownConfig, type StackAws } from "./stackAws";

/** Of what `pulumi stack ls --json` tells. */
export interface ListedStack {
  name: string;
  resourceCount?: number;
}

/** Outputs of a stack, as far as they are shown. */
interface Shown {
  instanceId?: string;
  publicIp?: string;
  url?: string;
  gitToken?: { validUntil?: string };
}

const TLS_SECONDS = 5;

/** A stack's row, in any case. */
export async function lookAtStack(listed: ListedStack, limitSeconds: number): Promise<FleetRow> {
  const { name: stack } = listed;
  const signal = AbortSignal.timeout(limitSeconds * 1000);
  const row: FleetRow = { stack, state: "unreadable" };
  const late = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      row.trouble ??= `no answer within ${limitSeconds} s; longer: npm run fleet -- --limit ${limitSeconds * 2}`;
      resolve();
    });
  });
  const look = lookAt(row, listed, signal).catch((error: unknown) => {
    row.trouble ??= error instanceof Error ? error.message : String(error);
  });
  await Promise.race([look, late]);
  return { ...row };
}

/** Fills the row with what is known, as it becomes known. */
async function lookAt(row: FleetRow, listed: ListedStack, signal: AbortSignal): Promise<void> {
  const at = ["--stack", row.stack];
  const [config, outputs] = await Promise.all([
    askPulumiLater(["config", "--json", "--show-secrets", ...at], signal),
    askPulumiLater(["stack", "output", "--json", ...at], signal),
  ]).then(([one, other]) => [JSON.parse(one) as ShownConfig, JSON.parse(other) as Shown] as const);
  const value = (key: string) =>
    Object.entries(config).find(([full]) => full === key || full.endsWith(`:${key}`))?.[1]?.value ||
    undefined;
  const region = config["aws:region"]?.value;
  if (!region)
    throw new Error(`Pulumi.${row.stack}.yaml is not in this folder, or has no aws:region`);
  row.region = region;
  if (value("kind") === "account") {
    row.isAccount = true;
    row.state = listed.resourceCount ? "running" : "never up";
    return;
  }
  const day = (key: string) => (/^\d{4}-\d{2}-\d{2}/.exec(value(key) ?? "") ?? [])[0];
  Object.assign(row, {
    ...known("firstDay", day("firstDay")),
    ...known("lastDay", day("lastDay")),
    participants: Number(value("participants") ?? 0),
    ...known("url", outputs.url),
    ...known("publicIp", outputs.publicIp),
    ...known("tokenUntil", outputs.gitToken?.validUntil || undefined),
  });
  if (!listed.resourceCount) {
    row.state = "never up";
    return;
  }
  const aws = awsOf(config);
  const name = value("name") ?? row.stack;
  const ec2 = aws.ec2();
  if (!outputs.instanceId) row.trouble = `not all of it is there: pulumi up --stack ${row.stack}`;
  const instanceId = outputs.instanceId ?? (await machineByTags(ec2, name));
  Object.assign(row, known("instanceId", instanceId));
  const machine: SeenMachine = instanceId
    ? await seeMachine(ec2, instanceId)
    : { state: "gone", instanceType: "", reason: "" };
  row.state = machine.state;
  await inAws(row, { aws, ec2, name, machine, outputs }, signal);
}

/** A first `up` that failed has no outputs, and costs. */
async function machineByTags(ec2: EC2Client, name: string): Promise<string | undefined> {
  const Filters = [
    ...tagFilters(name),
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations[0]?.Instances?.[0]?.InstanceId;
}

function tagFilters(name: string): { Name: string; Values: string[] }[] {
  return [
    { Name: "tag:project", Values: [PROJECT] },
    { Name: "tag:stack", Values: [name] },
  ];
}

function known<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

interface Place {
  aws: StackAws;
  ec2: EC2Client;
  name: string;
  machine: SeenMachine;
  outputs: Shown;
}

async function inAws(row: FleetRow, place: Place, abortSignal: AbortSignal): Promise<void> {
  const { aws, ec2, name, machine, outputs } = place;
  const Filters = tagFilters(name);
  const { url = "", publicIp = "" } = outputs;
  const runs = machine.state === "running";
  if (machine.instanceType) row.instanceType = machine.instanceType;
  const looks = await Promise.allSettled([
    costs(row, place, Filters, abortSignal),
    ec2
      .send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters }), { abortSignal })
      .then(({ Snapshots = [] }) => {
        const times = Snapshots.flatMap(({ StartTime }) => StartTime?.toISOString() ?? []).sort();
        Object.assign(row, known("lastBackup", times.pop()));
      }),
    runs && url ? hubAnswers(url, publicIp).then((answers) => (row.hub = answers)) : undefined,
    runs && url.startsWith("https:")
      ? certificateEnd(new URL(url).hostname, publicIp).then((until) =>
          Object.assign(row, known("certificateUntil", until)),
        )
      : undefined,
  ]);
  const failed = looks.find((look) => look.status === "rejected");
  if (failed) row.trouble ??= `${aws.region}: ${String((failed.reason as Error).message)}`;
}

async function costs(
  row: FleetRow,
  { aws, ec2, machine }: Place,
  Filters: { Name: string; Values: string[] }[],
  abortSignal: AbortSignal,
): Promise<void> {
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ Filters }), { abortSignal });
  const times = Volumes.flatMap(({ CreateTime }) => CreateTime?.getTime() ?? []);
  if (times.length === 0) return;
  const made = {
    at: new Date(Math.min(...times)),
    runs: machine.state === "running",
    volumesGiB: Volumes.reduce((sum, { Size = 0 }) => sum + Size, 0),
    ...(machine.started && { started: machine.started }),
  };
  const prices = await stackPrices(aws, machine.instanceType);
  Object.assign(row, costSoFar(made, prices, new Date()));
}

/** The end of the certificate that answers for a name at an address; undefined: none does. */
function certificateEnd(servername: string, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host, port: 443, servername, rejectUnauthorized: false };
    const socket = tls.connect({ ...options, timeout: TLS_SECONDS * 1000 }, () => {
      const end = new Date(socket.getPeerCertificate().valid_to);
      socket.destroy();
      resolve(Number.isNaN(end.getTime()) ? undefined : end.toISOString());
    });
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    socket.on("error", () => resolve(undefined));
  });
}
