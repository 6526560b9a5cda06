/**
 * Who may reach the server over SSH, changed in seconds, without a whole `pulumi up` in front of a
 * class. Participants notice nothing.
 *
 *   npm run doors -- list                          who gets in now, and whether this computer does
 *   npm run doors -- open                          this computer, wherever it is now
 *   npm run doors -- open 203.0.113.0/24           a range as well
 *   npm run doors -- open 203.0.113.7 --for 2h     while this command runs, and two hours at most
 *   npm run doors -- close [me or a range]         that one, or everybody
 *
 * With `--stack NAME`. It writes `sshCidrs` into the stack's configuration and brings the security
 * group's rules for SSH up, and nothing else, so that a preview afterwards shows no change. It needs
 * AWS and not SSH: it works when this computer is shut out.
 */
import { ownAddress } from "../components/thisComputer";
import { formatProblem } from "../components/text";
import { logIn } from "../providers/ssh";
import { bringUp } from "./bringUp";
import { doorsCommand, parseDoorsArguments, type DoorsRequest } from "./doorsArguments";
import { doorsOf, isLetIn, listText, wantedSources, type Door, type Exported } from "./doorsText";
import { logInTo } from "./logInTo";
import { notRunning, seeMachine } from "./machineState";
import { askPulumi, openConfig } from "./askPulumi";
import { SIGNALS } from "./signals";
import { stackAws } from "./stackAws";
import { askAws } from "./stackPlace";
import { selectedStack, stackServer } from "./stackServer";

/** The rules for SSH, whichever stack. */
const RULES =
  "**::tljh:index:Network$aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::*-ssh-*";
/** The log-in that steps wait for. While its state names a rule, Pulumi keeps that, without a word. */
const REACHABLE = "**:ServerReachable::**";
const LOOK_SECONDS = 5;

interface Configured {
  key: string;
  sources: string[];
  addressService: string;
}

/** What the stack's configuration says, with the project's defaults. */
function configured(stack: string): Configured {
  const all = openConfig(stack);
  const keyOf = (name: string) => Object.keys(all).find((key) => key.endsWith(`:${name}`)) ?? name;
  const valueOf = (name: string) => all[keyOf(name)]?.value ?? "";
  return {
    key: keyOf("sshCidrs"),
    sources: JSON.parse(valueOf("sshCidrs") || `["me"]`) as string[],
    addressService: valueOf("addressService"),
  };
}

/** Puts a list of sources into the configuration, all of it at once, and in force. */
async function putInForce(stack: string, { key }: Configured, sources: string[]): Promise<void> {
  const value = { value: JSON.stringify(sources), objectValue: sources, secret: false };
  askPulumi("config", "set-all", "--json", JSON.stringify({ [key]: value }), "--stack", stack);
  // Shut out ourselves, we could not log in.
  const targets = (await canLogIn(stack)) ? [RULES, REACHABLE] : [RULES];
  await bringUp(
    stack,
    targets,
    "The security group's rules were not brought up; the configuration is changed already",
  );
  refuseLeft(stack, sources);
}

async function canLogIn(stack: string): Promise<boolean> {
  const result = await logIn(stackServer(stack).machine, LOOK_SECONDS);
  if (result.kind === "in") result.client.end();
  return result.kind === "in";
}

/** The rules in the stack's state. */
function doorsNow(stack: string): Door[] {
  return doorsOf(JSON.parse(askPulumi("stack", "export", "--stack", stack)) as Exported);
}

/** @throws Error when somebody is let in who should not be any more */
function refuseLeft(stack: string, wanted: readonly string[]): void {
  const left = doorsNow(stack).flatMap(({ label }) =>
    label !== undefined && !wanted.includes(label) ? [label] : [],
  );
  if (left.length === 0) return;
  throw new Error(
    formatProblem({
      wrong: `SSH stays open to ${left.join(", ")}: to close it, this computer itself must be let in`,
      received: "no log-in from here",
      allowed: "a computer that sshCidrs lets in, on a network that lets SSH out",
      mend: `npm run doors -- open --stack ${stack}, then the same command once more`,
    }),
  );
}

/** Shows what is in force; fails when this computer should get in and does not. */
async function show(stack: string, { addressService, sources }: Configured): Promise<void> {
  const found = await ownAddress(addressService);
  const address = typeof found === "string" ? found : undefined;
  const doors = doorsNow(stack);
  const { machine } = stackServer(stack);
  console.log(listText(doors, address, machine.port ?? 22));
  const ssh = doors.filter(({ label }) => label !== undefined);
  if (sources.length === 0 || address === undefined || !isLetIn(address, ssh)) return;
  const client = await logInTo({ ...machine, letsMeIn: true }, LOOK_SECONDS);
  client.end();
  console.log("A log-in over SSH succeeds");
}

/** A time that is over when the minutes are, when the person wants it over, or when it is ended. */
function timeOf(minutes: number): { over: Promise<void>; end: () => void } {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, minutes * 60_000);
    end = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const signal of SIGNALS) process.once(signal, end);
  });
  return { over, end };
}

/**
 * Before anything is written: `pulumi up` could not put it in force.
 *
 * @throws Error when there is no server, or when it is stopped
 */
async function expectRunning(stack: string, again: string): Promise<void> {
  const { machine } = stackServer(stack);
  const aws = stackAws(stack);
  const looked = seeMachine(aws.ec2(), machine.instanceId);
  const seen = await askAws({ stack, aws, again }, "DescribeInstances", looked);
  // Of one that is gone, the rules can be changed all the same.
  const problem = seen.state === "gone" ? undefined : notRunning(seen, machine);
  if (problem === undefined) return;
  const mend = `${problem.mend}; then ${again}`;
  throw new Error(formatProblem({ ...problem, mend }));
}

async function openForATime(stack: string, request: DoorsRequest, minutes: number): Promise<void> {
  const source = request.source ?? "me";
  const before = configured(stack);
  // What is refused here was not opened, and so is not to be closed below.
  const wanted = wantedSources(before.sources, request);
  const { over, end } = timeOf(minutes);
  try {
    await putInForce(stack, before, wanted);
    await show(stack, configured(stack));
    const until = new Date(Date.now() + minutes * 60_000);
    console.log(
      `Open until ${until.toLocaleTimeString()}. Ctrl-C closes it before. If this command is killed: npm run doors -- close ${source}`,
    );
    await over;
  } finally {
    // What has failed is not waited for.
    end();
    // Read anew: others may have changed it meanwhile.
    const now = configured(stack);
    await putInForce(
      stack,
      now,
      now.sources.filter((one) => one !== source),
    );
    console.log(`Closed to ${source} again`);
  }
}

async function main(): Promise<void> {
  const request = parseDoorsArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  if (request.do !== "list") await expectRunning(stack, doorsCommand(request, stack));
  if (request.forMinutes !== undefined) return openForATime(stack, request, request.forMinutes);
  const now = configured(stack);
  const sources = wantedSources(now.sources, request);
  if (request.do !== "list") await putInForce(stack, now, sources);
  if (request.do === "close" && sources.length === 0) {
    console.log(
      "Until npm run doors -- open, pulumi up stops where it wants to look at the server",
    );
  }
  return show(stack, { ...now, sources });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
