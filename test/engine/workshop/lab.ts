/** A workshop of the tests' own: a copy of the program, a rehearsal, and the real `pulumi`. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeKeyPairsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { parse, stringify } from "yaml";
import { AcmeControl } from "../../../rehearsal/acme/client";
import { freePort } from "../../../rehearsal/cloud/ports";
import { DnsControl } from "../../../rehearsal/dns/client";
import { GitHubControl } from "../../../rehearsal/github/client";
import { tryAsRoot, type Finished } from "../../../rehearsal/machines/command";
import { Containers } from "../../../rehearsal/machines/containers";
import { namesOf } from "../../../rehearsal/machines/names";
import { completeEnv } from "../../../rehearsal/pulumiEnv";
import { startRehearsal, stopRehearsal, type Rehearsal } from "../../../rehearsal/rehearsal";
import { loadToolchain } from "../../../rehearsal/toolchain";

const ROOT = path.join(__dirname, "../../..");
/** What the program is made of; copied, so that a test may change a script. */
const PROGRAM = ["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"];
const FOLDERS = ["components", "providers", "scripts"];
const STACK = "test";
/** A test that wants a name and a certificate says so. */
const PLAIN_HTTP = {
  domain: undefined,
  extraDomains: undefined,
  dnsZone: undefined,
  acmeEmail: undefined,
  acmeServer: undefined,
  acmeCa: undefined,
};
/** A test that wants some says so: they take time. */
const NO_PACKAGES = { packages: {} };
/** Arguments of an `up` that a test interrupts. */
export const UP = ["up", "--yes", "--skip-preview", "-s", STACK];

/** What a `pulumi` came to. */
export interface Ran {
  exitCode: number;
  /** Both streams as a person saw them, without colours. */
  text: string;
}

/** The stack's outputs that tests look at. */
export interface Outputs {
  url: string;
  passwords: Record<string, string>;
  passwordSeed: string;
  sshPrivateKey: string;
  sshKnownHosts: string;
  instanceId: string;
  publicIp: string;
}

/** That a `pulumi` succeeded; else what it printed is the test's error. */
export function succeeded(ran: Ran): void {
  assert.equal(ran.exitCode, 0, ran.text);
}

/** That a `pulumi` failed and printed all of these. */
export function failed(ran: Ran, ...texts: RegExp[]): void {
  assert.notEqual(ran.exitCode, 0, ran.text);
  for (const text of texts) assert.match(ran.text, text);
}

/** A range of nobody's (RFC 5737): with it alone port 22 is closed to this computer. */
export const ELSEWHERE = ["203.0.113.0/24"];

/** That nothing is left that costs money, or room on this computer. */
export async function assertNothingLeft(lab: Lab): Promise<void> {
  assert.equal((await lab.machines()).size, 0);
  assert.deepEqual(await lab.leftInAws(), []);
  assert.deepEqual(lab.disks(), []);
}

/** A `pulumi` that is under way. */
export interface Running {
  text: string;
  stdout: string;
  /** Gives it its standard input, which has nothing in it else. */
  input(text: string): void;
  /** Its exit status; -1 when it was killed. */
  ended: Promise<number>;
  /** Ctrl-C. */
  interrupt(): void;
  /** Kills it and all it has started, as a computer does that loses power. */
  kill(): Promise<void>;
}

/** All processes that have come from a process, itself included. */
function family(pid: number): number[] {
  const children = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .flatMap((name) => family(Number(name)));
  return [pid, ...children];
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

/** What happened to one resource: its name, and the engine's word for it. */
export type Step = [name: string, operation: string];

interface EngineEvent {
  resOutputsEvent?: { metadata: { urn: string; op: string } };
}

export class Lab {
  /** All that `pulumi` has printed, but for outputs that were asked for with their secrets. */
  printed = "";
  /** The rehearsal's GitHub. */
  readonly github: GitHubControl;
  /** The rehearsal's Let's Encrypt. */
  readonly acme: AcmeControl;
  /** The rehearsal's DNS. */
  readonly dns: DnsControl;
  readonly env: NodeJS.ProcessEnv;

  private constructor(
    readonly rehearsal: Rehearsal,
    /** The copy of the program, with Pulumi.test.yaml. */
    readonly project: string,
  ) {
    this.github = new GitHubControl(rehearsal.endpoint);
    this.acme = new AcmeControl(rehearsal.endpoint);
    this.dns = new DnsControl(rehearsal.endpoint);
    this.env = completeEnv({
      ...rehearsal.env,
      NO_COLOR: "1",
      // Shows the flag --event-log.
      PULUMI_DEBUG_COMMANDS: "1",
      // Most tests remove what they have worked in. Those of the guard itself take it away.
      WORKSHOP_DESTROY: "yes",
    });
  }

  /**
   * Starts a rehearsal and makes a stack with the `dev` stack's configuration, overridden.
   *
   * @param machines `none` is AWS's answers alone
   */
  static async open(
    config: Record<string, unknown> = {},
    machines: "real" | "none" = "real",
  ): Promise<Lab> {
    const name = `test-${process.pid}-${Date.now() % 100_000}`;
    const port = await freePort();
    const rehearsal = await startRehearsal({ name, port, machines, say: () => undefined });
    const project = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-lab-"));
    for (const file of PROGRAM) fs.copyFileSync(path.join(ROOT, file), path.join(project, file));
    for (const folder of FOLDERS) {
      fs.cpSync(path.join(ROOT, folder), path.join(project, folder), { recursive: true });
    }
    fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"));
    const lab = new Lab(rehearsal, project);
    lab.configure({ ...endpointsOf(rehearsal), ...PLAIN_HTTP, ...NO_PACKAGES, ...config });
    await lab.pulumi("stack", "init", STACK);
    return lab;
  }

  /** Sets variables of every `pulumi` from now on. */
  setEnv(variables: Record<string, string>): void {
    Object.assign(this.env, variables);
  }

  private get configFile(): string {
    return path.join(this.project, `Pulumi.${STACK}.yaml`);
  }

  /** Sets keys of the stack's configuration; undefined removes one. */
  configure(changes: Record<string, unknown>): void {
    const base = fs.existsSync(this.configFile)
      ? this.configFile
      : path.join(ROOT, "Pulumi.dev.yaml");
    const file = parse(fs.readFileSync(base, "utf8")) as { config: Record<string, unknown> };
    for (const [key, value] of Object.entries(changes)) {
      const full = key.includes(":") ? key : `tljh-workshop:${key}`;
      if (value === undefined) delete file.config[full];
      else file.config[full] = value;
    }
    fs.writeFileSync(this.configFile, stringify(file));
  }

  /** Sets a secret of the stack's configuration, as a person does who pastes it at the prompt. */
  async configureSecret(key: string, value: string): Promise<void> {
    const running = this.start("config", "set", "--secret", key, "-s", STACK);
    running.input(value);
    assert.equal(await running.ended, 0, running.text);
  }

  /** URN of the resource of a name. */
  urnOf(name: string): string {
    return new RegExp(`urn:pulumi:[^"]*::${name}(?=")`).exec(this.plainState())?.[0] ?? "";
  }

  /** The committed configuration of the `dev` stack. */
  devConfiguration(): string {
    return fs.readFileSync(path.join(ROOT, "Pulumi.dev.yaml"), "utf8");
  }

  /** Adds lines to a script on the server. */
  touchScript(script: string, lines: string): void {
    const file = path.join(this.project, "scripts/server", `${script}.sh`);
    fs.appendFileSync(file, `${lines}\n`);
  }

  /** Undoes `touchScript`. */
  restoreScript(script: string): void {
    const file = `scripts/server/${script}.sh`;
    fs.copyFileSync(path.join(ROOT, file), path.join(this.project, file));
  }

  /** URN of the only resource of a type in a component. */
  urn(type: string, component: string): string {
    const pattern = new RegExp(`urn:pulumi:[^"]*tljh:index:${component}\\$${type}::[^"]*`);
    return pattern.exec(this.plainState())?.[0] ?? "";
  }

  /** Starts `pulumi`; what it prints is collected in the order in which it comes. */
  start(...args: string[]): Running {
    return this.launch(loadToolchain().pulumi, ["--non-interactive", ...args]);
  }

  /** Runs a command that a person runs beside `pulumi`: a file of `scripts`, without its ending. */
  async command(script: string, ...args: string[]): Promise<Ran> {
    const running = this.startCommand(script, ...args);
    return { exitCode: await running.ended, text: running.text };
  }

  /** Starts such a command. */
  startCommand(script: string, ...args: string[]): Running {
    return this.startCommandOfAll(script, ...args, "-s", STACK);
  }

  /** Starts a command that is not about one stack. */
  startCommandOfAll(script: string, ...args: string[]): Running {
    const file = path.join(this.project, "scripts", `${script}.ts`);
    // Its own process, and not one that starts it: signals are for it.
    return this.launch(process.execPath, ["--import", "tsx", file, ...args]);
  }

  private launch(program: string, args: readonly string[]): Running {
    const child = spawn(program, args, {
      cwd: this.project,
      env: this.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Most read nothing.
    child.stdin.on("error", () => undefined);
    const running: Running = {
      text: "",
      stdout: "",
      input: (text) => void child.stdin.end(text),
      ended: Promise.resolve(0),
      interrupt: () => void child.kill("SIGINT"),
      async kill() {
        for (const pid of family(child.pid ?? 0)) {
          try {
            process.kill(pid, "SIGKILL");
          } catch {
            // It has just ended by itself.
          }
        }
        await running.ended;
      },
    };
    child.stdout.setEncoding("utf8").on("data", (data: string) => {
      running.text += data;
      running.stdout += data;
    });
    child.stderr.setEncoding("utf8").on("data", (data: string) => (running.text += data));
    running.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? -1));
    });
    return running;
  }

  /** Runs `pulumi` to its end. */
  async pulumi(...args: string[]): Promise<Ran> {
    const running = this.start(...args);
    const exitCode = await running.ended;
    this.printed += running.text;
    return { exitCode, text: running.text };
  }

  /**
   * Runs `up`, `destroy` or `refresh`, and tells what happened to each resource that did not stay as
   * it was, in order.
   */
  async change(
    command: "up" | "destroy" | "refresh",
    ...args: string[]
  ): Promise<Ran & { steps: Step[] }> {
    const log = path.join(this.project, `${command}.json`);
    fs.rmSync(log, { force: true });
    const yes = ["--yes", "--skip-preview", "-s", STACK, "--event-log", log];
    const ran = await this.pulumi(command, ...yes, ...args);
    return { ...ran, steps: stepsOf(log) };
  }

  /** Runs a preview and tells what it would do. */
  async preview(...args: string[]): Promise<Ran> {
    return this.pulumi("preview", "-s", STACK, "--diff", ...args);
  }

  /** The stack's outputs, secrets too. */
  async outputs(): Promise<Outputs> {
    const show = ["--json", "--show-secrets", "-s", STACK];
    const running = this.start("stack", "output", ...show);
    await running.ended;
    return JSON.parse(running.stdout) as Outputs;
  }

  /** A stack's state as it lies on the disk: what a thief would read. Default: the lab's own. */
  plainState(stack = STACK): string {
    const folder = path.join(this.rehearsal.folder, "pulumi/.pulumi/stacks");
    const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
    const state = files.find((file) => file.endsWith(`${stack}.json`));
    return fs.readFileSync(path.join(folder, state ?? ""), "utf8");
  }

  /** Machines that run now, by instance id. */
  async machines(): Promise<Map<string, number>> {
    const found = await new Containers(namesOf(this.rehearsal.name)).list();
    return new Map(found.filter((it) => it.running).map((it) => [it.instanceId, it.pid]));
  }

  /** Runs bash lines as root on the only machine, as a person at its console would. */
  async onServer(lines: string, input?: string): Promise<Finished> {
    const [pid] = [...(await this.machines()).values()];
    if (pid === undefined) throw new Error("no machine runs");
    return tryAsRoot(["nsenter", "--all", "--target", String(pid), "bash", "-c", lines], input);
  }

  /** Waits until there is a server and the lines succeed on it. */
  async serverShows(lines: string): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      const runs = (await this.machines()).size > 0;
      if (runs && (await this.onServer(lines)).exitCode === 0) return;
      await sleep(200);
    }
    assert.fail(`the server never showed: ${lines}`);
  }

  /** A client of the rehearsal's AWS. */
  ec2(): EC2Client {
    return new EC2Client({
      region: "ap-south-1",
      endpoint: this.rehearsal.endpoint,
      credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
    });
  }

  /** What still has this project's tag in AWS, and could go on costing money. */
  async leftInAws(): Promise<string[]> {
    const ec2 = this.ec2();
    const Filters = [{ Name: "tag:project", Values: ["tljh-workshop"] }];
    const alive = {
      Name: "instance-state-name",
      Values: ["pending", "running", "stopping", "stopped"],
    };
    const answers = await Promise.all([
      // AWS shows a terminated instance for about an hour.
      ec2.send(new DescribeInstancesCommand({ Filters: [...Filters, alive] })),
      ec2.send(new DescribeVolumesCommand({ Filters })),
      ec2.send(new DescribeAddressesCommand({ Filters })),
      ec2.send(new DescribeKeyPairsCommand({ Filters })),
      ec2.send(new DescribeSecurityGroupsCommand({ Filters })),
      ec2.send(new DescribeSubnetsCommand({ Filters })),
      ec2.send(new DescribeRouteTablesCommand({ Filters })),
      ec2.send(new DescribeInternetGatewaysCommand({ Filters })),
      ec2.send(new DescribeVpcsCommand({ Filters })),
    ]);
    return answers
      .flatMap((answer) => Object.values(answer).filter((value) => Array.isArray(value)))
      .flat()
      .map((one) => JSON.stringify(one));
  }

  /** Disk files and folders of machines. */
  disks(): string[] {
    const fleet = path.join(this.rehearsal.folder, "fleet");
    return ["machines", "volumes"].flatMap((it) => fs.readdirSync(path.join(fleet, it)));
  }

  async close(): Promise<void> {
    await stopRehearsal(this.rehearsal.name);
    fs.rmSync(this.project, { recursive: true, force: true });
  }
}

function endpointsOf({ endpoint, addressService }: Rehearsal): Record<string, unknown> {
  const services = ["ec2", "iam", "pricing", "route53", "scheduler", "servicequotas", "sts"];
  const all = Object.fromEntries(services.map((it) => [it, endpoint]));
  // Its DNS listens on the same number.
  const dnsResolvers = [new URL(endpoint).host];
  return { "aws:endpoints": [all], addressService, dnsResolvers };
}

function stepsOf(log: string): Step[] {
  if (!fs.existsSync(log)) return [];
  return fs
    .readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as EngineEvent).resOutputsEvent?.metadata)
    .filter((metadata) => metadata !== undefined)
    .filter(({ op, urn }) => op !== "same" && !urn.includes("pulumi:providers:"))
    .map(({ urn, op }) => [urn.split("::").at(-1) ?? "", op]);
}
