/**
 * Whether all is there that a workshop needs, before the first `pulumi up`. Creates nothing.
 *
 *   npm run preflight -- --stack NAME           credentials, region, type, quotas, ports, cost, text for IT
 *   npm run preflight -- --stack NAME --json    the same for a program
 *
 * Exit status 1 when something is red; each red row has the command that mends it.
 */
import { createConnection } from "node:net";
import { credentialSources, missingCredentials } from "../components/credentials";
import { parseSettings, type Settings } from "../components/config";
import { costOf, costText, type Paid } from "../components/cost";
import { memoryLimit, nonsense, shortages, sizeText } from "../components/sizing";
import { PROJECT } from "../components/tags";
import type { Problem } from "../components/text";
import { askPulumi } from "./askPulumi";
import { awsProblem } from "./awsProblem";
import { seeMachine } from "./machineState";
import {
  elasticIps,
  factsOf,
  quotaOf,
  runningInstances,
  whoAmI,
  type AwsFacts,
} from "./preflightAws";
import { parsePreflightArguments, type Probe } from "./preflightArguments";
import {
  ADDRESS_QUOTA,
  isStandard,
  itText,
  quotaRow,
  redRow,
  reportOf,
  reportText,
  VCPU_QUOTA,
  wayRow,
  type Report,
  type Row,
  type Way,
} from "./preflightText";
import { stackPrices } from "./prices";
import { awsOf, shownConfig, type ShownConfig, type StackAws } from "./stackAws";
import { selectedStack } from "./stackServer";

const PORT_LIMIT_MS = 4_000;

/** All that the looks share. */
interface Look {
  stack: string;
  settings: Settings;
  aws: StackAws;
}

/** The checked configuration, as the program reads it. */
function readConfig(stack: string, config: ShownConfig): ReturnType<typeof parseSettings> {
  const all = Object.entries(config) as [string, { value?: string; secret?: boolean }][];
  const raw = Object.fromEntries(all.map(([key, { value }]) => [key, value]));
  const encrypted = all.filter(([, { secret }]) => secret).map(([key]) => key);
  const { settings, problems } = parseSettings(raw, PROJECT, stack, encrypted);
  const missing = missingCredentials(credentialSources(raw), settings.region);
  return { settings, problems: missing ? [...problems, missing] : problems };
}

/** A row, or what AWS's refusal means. */
async function row(
  look: Look,
  check: string,
  work: () => Promise<Row>,
  refused: "red" | "yellow" = "red",
): Promise<Row> {
  const { aws, stack } = look;
  try {
    return await work();
  } catch (error) {
    const problem = awsProblem(
      error,
      check,
      { ...aws, stack },
      `npm run preflight -- --stack ${stack}`,
    );
    return { ...redRow(check, problem), state: refused };
  }
}

function typeRow({ instanceType, region }: Settings, { offering, machine, zones }: AwsFacts): Row {
  const check = "region, zone, type";
  if (machine === undefined || offering.length === 0) {
    return {
      check,
      state: "red",
      found: `No zone of ${region} (${zones.join(", ")}) offers ${instanceType}`,
      mend: "pulumi config set instanceType t3.xlarge",
    };
  }
  return { check, state: "green", found: `${instanceType} in ${offering.join(", ")}` };
}

function sizeRow(settings: Settings, { machine, smallestType }: AwsFacts): Row[] {
  if (machine === undefined) return [];
  const refused = nonsense(machine, settings).map((problem) => redRow("size", problem));
  const limit = memoryLimit(machine.memoryGiB, settings.participants, settings.memoryGiB);
  const found = sizeText(machine, settings, limit, smallestType).replace(/^Size: /, "");
  const short = shortages(machine, settings, smallestType);
  const mend = short.map((one) => one.replace(/^.*: (?=pulumi )/, "")).join(" && ");
  return [
    ...refused,
    short.length > 0
      ? { check: "size", state: "yellow", found, mend }
      : { check: "size", state: "green", found },
  ];
}

async function vcpuRow({ settings, aws }: Look, { machine }: AwsFacts): Promise<Row> {
  const check = "quota of vCPUs";
  const { instanceType, name } = settings;
  if (!isStandard(instanceType)) {
    const found = `${instanceType} has a quota of its own family, which is not looked at`;
    return { check, state: "yellow", found, mend: "Service Quotas in AWS's console, Amazon EC2" };
  }
  const [quota, instances] = await Promise.all([quotaOf(aws, VCPU_QUOTA), runningInstances(aws)]);
  const counted = instances.filter((one) => isStandard(one.instanceType));
  // Our own makes room for itself when it becomes another type.
  const others = counted.filter(({ stack }) => stack !== name);
  const sum = (list: typeof counted) => list.reduce((all, { vcpus }) => all + vcpus, 0);
  const [used, own] = [sum(counted), sum(counted) - sum(others)];
  const more = Math.max(0, (machine?.vcpus ?? 0) - own);
  return quotaRow({ check, what: "vCPUs", code: VCPU_QUOTA, quota, used, more }, where(aws));
}

async function addressRow({ settings, aws }: Look): Promise<Row> {
  const check = "quota of addresses";
  const [quota, addresses] = await Promise.all([quotaOf(aws, ADDRESS_QUOTA), elasticIps(aws)]);
  const own = settings.elasticIpAllocationId;
  if (own !== undefined && !addresses.some(({ id }) => id === own)) {
    const problem: Problem = {
      wrong: "The own Elastic IP is not in this region and account",
      received: own,
      mend: "pulumi config set elasticIp managed",
    };
    return redRow(check, problem);
  }
  const has = own !== undefined || addresses.some(({ stack }) => stack === settings.name);
  const used = addresses.length;
  const use = { check, what: "Elastic IPs", code: ADDRESS_QUOTA, quota, used, more: has ? 0 : 1 };
  return quotaRow(use, where(aws));
}

/** The end of a command of AWS's own CLI. */
function where({ region, profile }: StackAws): string {
  return ` --region ${region}${profile ? ` --profile ${profile}` : ""}`;
}

/** Whether anybody accepts a connection; nothing is sent. */
function tryPort({ port, host, at }: Probe): Promise<Way> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: at });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve({ port, host, isOpen });
    };
    socket.setTimeout(PORT_LIMIT_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

async function costRow({ settings, aws }: Look, { machine }: AwsFacts): Promise<Row> {
  const prices = await stackPrices(aws, settings.instanceType);
  const paid: Paid = { ...settings, prices, vcpus: machine?.vcpus ?? 0 };
  const found = costText(paid).replace(/^Cost: /, "");
  return costOf(paid).day === undefined
    ? {
        check: "cost",
        state: "yellow",
        found,
        mend: "https://aws.amazon.com/ec2/pricing/on-demand/",
      }
    : { check: "cost", state: "green", found };
}

/** Address and id of the server, when there is one already. */
function serverOf(stack: string): { publicIp?: string; instanceId?: string } {
  return JSON.parse(askPulumi("stack", "output", "--json", "--stack", stack)) as object;
}

/** Who is asked for a way out: a server of our own answers on the one port that is open, if it runs. */
async function askedOf(
  { publicIp, instanceId }: ReturnType<typeof serverOf>,
  aws: StackAws,
  sshPort: number,
  probes: readonly Probe[],
): Promise<readonly Probe[]> {
  if (!publicIp) return probes;
  const own = [{ port: sshPort, host: publicIp, at: sshPort }];
  if (!instanceId) return own;
  // Where AWS cannot be asked, another row says so.
  const seen = await seeMachine(aws.ec2(), instanceId).catch(() => undefined);
  return seen === undefined || seen.state === "running" ? own : probes;
}

async function look(stack: string, probes: readonly Probe[]): Promise<Report> {
  const config = shownConfig(stack);
  const { settings, problems } = readConfig(stack, config);
  if (problems.length > 0) {
    return reportOf(
      stack,
      problems.map((problem) => redRow("configuration", problem)),
      [],
    );
  }
  const all: Look = { stack, settings, aws: awsOf(config) };
  const server = serverOf(stack);
  const { sshPort } = settings;
  const ways = askedOf(server, all.aws, sshPort, probes).then((asked) =>
    Promise.all(asked.map(tryPort)),
  );
  const rows: Row[] = [{ check: "configuration", state: "green", found: "complete" }];
  rows.push(
    await row(all, "credentials", async () => {
      const found = await whoAmI(all.aws);
      return { check: "credentials", state: "green", found };
    }),
  );
  if (rows.every(({ state }) => state === "green")) rows.push(...(await askAws(all)));
  rows.push(wayRow(await ways, sshPort));
  return reportOf(stack, rows, itText(settings, server.publicIp));
}

async function askAws(all: Look): Promise<Row[]> {
  let facts: AwsFacts | undefined;
  const first = await row(all, "region, zone, type", async () => {
    facts = await factsOf(all.aws, all.settings);
    return typeRow(all.settings, facts);
  });
  const found = facts;
  if (found === undefined) return [first];
  const rest = await Promise.all([
    row(all, "quota of vCPUs", () => vcpuRow(all, found), "yellow"),
    row(all, "quota of addresses", () => addressRow(all), "yellow"),
    costRow(all, found),
  ]);
  return [first, ...sizeRow(all.settings, found), ...rest];
}

async function main(): Promise<void> {
  const request = parsePreflightArguments(process.argv.slice(2));
  const report = await look(request.stack ?? selectedStack(), request.probes);
  console.log(request.json ? JSON.stringify(report, undefined, 2) : reportText(report));
  if (!report.ready) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
