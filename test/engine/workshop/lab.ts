/** A workshop of the tests' own: a copy of the program, a rehearsal, and the real `pulumi`. */
import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse, stringify } from "yaml";
import { freePort } from "../../../rehearsal/cloud/ports";
import { completeEnv } from "../../../rehearsal/pulumiEnv";
import { startRehearsal, stopRehearsal, type Rehearsal } from "../../../rehearsal/rehearsal";
import { loadToolchain } from "../../../rehearsal/toolchain";

const ROOT = path.join(__dirname, "../../..");
/** What the program is made of; copied, so that a test may change a script. */
const PROGRAM = ["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json"];
const FOLDERS = ["components", "providers", "scripts"];
const STACK = "test";

/** What a `pulumi` came to. */
export interface Ran {
  exitCode: number;
  /** Both streams as a person saw them, without colours. */
  text: string;
}

/** A `pulumi` that is under way. */
export interface Running {
  child: ChildProcess;
  text: string;
  stdout: string;
  /** Its exit status; -1 when it was killed. */
  ended: Promise<number>;
}

/** What happened to one resource: its name, and the engine's word for it. */
export type Step = [name: string, operation: string];

interface EngineEvent {
  resOutputsEvent?: { metadata: { urn: string; op: string } };
}

export class Lab {
  private readonly env: NodeJS.ProcessEnv;

  private constructor(
    readonly rehearsal: Rehearsal,
    /** The copy of the program, with Pulumi.test.yaml. */
    readonly project: string,
  ) {
    this.env = completeEnv({ ...rehearsal.env, NO_COLOR: "1", PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      // Shows the flag --event-log.
      PULUMI_DEBUG_COMMANDS: "1" });
  }

  /** Starts a rehearsal and makes a stack with the `dev` stack's configuration, overridden. */
  static async open(config: Record<string, unknown> = {}): Promise<Lab> {
    const name = process.env["LAB_NAME"] ?? `test-${process.pid}-${Date.now() % 100_000}`;
    const port = await freePort();
    const rehearsal = await startRehearsal({ name, port, say: () => undefined });
    const project = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-lab-"));
    for (const file of PROGRAM) fs.copyFileSync(path.join(ROOT, file), path.join(project, file));
    for (const folder of FOLDERS) {
      fs.cpSync(path.join(ROOT, folder), path.join(project, folder), { recursive: true });
    }
    fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"));
    const lab = new Lab(rehearsal, project);
    lab.configure({ ...endpointsOf(rehearsal), ...config });
    await lab.pulumi("stack", "init", STACK);
    return lab;
  }

  private get configFile(): string {
    return path.join(this.project, `Pulumi.${STACK}.yaml`);
  }

  /** Sets keys of the stack's configuration; undefined removes one. */
  configure(changes: Record<string, unknown>): void {
    const base = fs.existsSync(this.configFile) ? this.configFile : path.join(ROOT, "Pulumi.dev.yaml");
    const file = parse(fs.readFileSync(base, "utf8")) as { config: Record<string, unknown> };
    for (const [key, value] of Object.entries(changes)) {
      const full = key.includes(":") ? key : `tljh-workshop:${key}`;
      if (value === undefined) delete file.config[full];
      else file.config[full] = value;
    }
    fs.writeFileSync(this.configFile, stringify(file));
  }

  /** Adds a line to a script on the server; it means nothing, but it is another text. */
  touchScript(script: string): void {
    fs.appendFileSync(path.join(this.project, "scripts/server", `${script}.sh`), "# changed\n");
  }

  /** Starts `pulumi`; what it prints is collected in the order in which it comes. */
  start(...args: string[]): Running {
    const child = spawn(loadToolchain().pulumi, ["--non-interactive", ...args], {
      cwd: this.project,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that a test can kill all of it.
      detached: true,
    });
    const running = { child, text: "", stdout: "", ended: Promise.resolve(0) };
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
    return { exitCode, text: running.text };
  }

  /**
   * Runs `up`, `destroy` or `refresh`, and tells what happened to each resource that did not stay as
   * it was, in order.
   */
  async change(command: "up" | "destroy" | "refresh", ...args: string[]): Promise<Ran & { steps: Step[] }> {
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
  async outputs(): Promise<Record<string, unknown>> {
    const show = ["--json", "--show-secrets", "-s", STACK];
    const running = this.start("stack", "output", ...show);
    await running.ended;
    return JSON.parse(running.stdout) as Record<string, unknown>;
  }

  /** The stack's state as it lies on the disk: what a thief would read. */
  plainState(): string {
    const folder = path.join(this.rehearsal.folder, "pulumi/.pulumi/stacks");
    const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
    const state = files.find((file) => file.endsWith(`${STACK}.json`));
    return fs.readFileSync(path.join(folder, state ?? ""), "utf8");
  }

  async close(): Promise<void> {
    await stopRehearsal(this.rehearsal.name);
    fs.rmSync(this.project, { recursive: true, force: true });
  }
}

function endpointsOf({ endpoint, addressService }: Rehearsal): Record<string, unknown> {
  const all = Object.fromEntries(["ec2", "sts", "iam", "route53"].map((it) => [it, endpoint]));
  return { "aws:endpoints": [all], addressService };
}

function stepsOf(log: string): Step[] {
  if (!fs.existsSync(log)) return [];
  return fs
    .readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as EngineEvent).resOutputsEvent?.metadata)
    .filter((metadata) => metadata !== undefined)
    .filter(({ op }) => op !== "same")
    .map(({ urn, op }) => [urn.split("::").at(-1) ?? "", op]);
}
