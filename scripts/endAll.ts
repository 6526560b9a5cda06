/** What is done at the end of a workshop, in its order. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { serverPrograms } from "../components/server";
import { formatProblem } from "../components/text";
import { tokenFingerprint } from "../providers/gitCredentialsFile";
import { tokenPage } from "../providers/gitToken";
import type { Seen } from "../providers/leavingFindings";
import { askPulumi, openConfig } from "./askPulumi";
import { recordText, type ShownOutputs } from "./endRecord";
import type { EndStep } from "./endSteps";
import { askToken, type TokenPlace } from "./endToken";
import { ownFolder, writeOwn } from "./ownFiles";
import type { ShownConfig, StackAws } from "./stackAws";
import { isUp, stackServer, type StackServer } from "./stackServer";
import { sweep } from "./sweepAll";
import { leftOver, sweptText } from "./sweepText";
import { BACKUPS, type Thing } from "../components/taggedThings";

/** What the steps work with, and what they learn. */
export interface Ending {
  stack: string;
  /** Value of the tag `stack`. */
  name: string;
  /** With its secrets: not to be shown. */
  config: ShownConfig;
  aws: StackAws;
  /** Of what stays on this computer. */
  folder: string;
  /** Of the slips with passwords. */
  slips: string;
  /** People's files are left out. */
  isForced: boolean;
  yes: boolean;
  say: (line: string) => void;
  ask: (question: string) => Promise<string | undefined>;
  /** Runs another command for the same stack, in sight. Its exit status. */
  command: (script: string, ...args: string[]) => Promise<number>;
  destroy: () => Promise<number>;
  /** Without secrets; those of an earlier run once the stack is gone. */
  outputs: ShownOutputs;
  /** Where the token is still to be revoked; empty: nowhere. */
  tokenPage: string;
  /** Snapshots and images that stay, and go on costing money. */
  backups: Thing[];
}

/** The last file of a record. */
export const LEFT_TO_DO = "left-to-do.txt";

const LOOK_SECONDS = 600;
const GONE = "there is no server any more";

/** What `pulumi config --json` shows without `--show-secrets`. */
function withoutSecrets(stack: string): ShownConfig {
  const config = openConfig(stack);
  // Where somebody has them in plain.
  for (const key of ["aws:accessKey", "aws:secretKey", "aws:token"]) delete config[key];
  return config;
}

function expect(status: number, what: string, mend: string): void {
  if (status === 0) return;
  throw new Error(
    formatProblem({
      wrong: `${what} did not succeed`,
      received: `exit status ${status}; its own words are above`,
      allowed: "it succeeds",
      mend,
    }),
  );
}

/** The first line of what a program prints; empty when it cannot be asked. */
function firstLine(program: string, ...args: string[]): string {
  try {
    const options = { cwd: path.join(__dirname, ".."), encoding: "utf8" } as const;
    const text = execFileSync(program, args, { ...options, stdio: ["ignore", "pipe", "ignore"] });
    return text.split("\n")[0] ?? "";
  } catch {
    return "";
  }
}

class Steps {
  private server: StackServer | undefined;

  constructor(private readonly ending: Ending) {}

  /** Undefined once the stack is destroyed. */
  private get up(): StackServer | undefined {
    if (this.server === undefined && isUp(this.ending.stack)) {
      this.server = stackServer(this.ending.stack);
    }
    return this.server;
  }

  private get removingFile(): string {
    return path.join(this.ending.folder, "removing.txt");
  }

  /** Whether an earlier run has got past the guard, whose delete comes first, and not to the end. */
  private get isHalfGone(): boolean {
    const { stack } = this.ending;
    if (!fs.existsSync(this.removingFile)) return false;
    const id = fs.readFileSync(this.removingFile, "utf8").trim();
    if (id !== this.up?.outputs.instanceId) return false;
    return !askPulumi("stack", "export", "--stack", stack).includes(":DestroyGuard::");
  }

  /** Why nothing is asked of the server; undefined: it is. */
  private skipped(): string | undefined {
    if (this.up === undefined) return GONE;
    if (this.isHalfGone) return "the removal has begun before";
    return this.ending.isForced ? "left out: WORKSHOP_DESTROY=yes" : undefined;
  }

  private async look(action: "look" | "stop"): Promise<Seen> {
    const values = { ACTION: action, PROGRAMS: serverPrograms("leaving") };
    const ran = await this.up?.run("leaving", values, { limitSeconds: LOOK_SECONDS });
    return JSON.parse(ran?.stdout ?? "{}") as Seen;
  }

  servers(): EndStep {
    let working: string[] = [];
    return {
      title: "Nobody works any more",
      done: async () => {
        const skipped = this.skipped();
        if (skipped !== undefined) return skipped;
        working = (await this.look("look")).servers.map(({ name }) => name);
        return working.length === 0 ? "nobody's server runs" : undefined;
      },
      question: () => ({
        text: `Servers run: ${working.join(", ")}. Ending them ends their kernels; ask people to save first.`,
        answer: "yes",
      }),
      run: async () => {
        await this.look("stop");
        this.ending.say(`  ended: ${working.join(", ")}`);
      },
    };
  }

  files(): EndStep {
    return {
      title: "Everybody's files on this computer",
      done: () => this.skipped(),
      run: async () => {
        const again = `npm run export -- --stack ${this.ending.stack}`;
        expect(await this.ending.command("export"), "The export", again);
      },
    };
  }

  private get outputsFile(): string {
    return path.join(this.ending.folder, "outputs.json");
  }

  /** The record of an earlier workshop of the same name, which has ended. */
  private setAside(): void {
    const { folder } = this.ending;
    const last = path.join(folder, LEFT_TO_DO);
    if (!fs.existsSync(last)) return;
    const day = fs.statSync(last).mtime.toISOString().slice(0, 16).replace(/[T:]/g, "-");
    fs.renameSync(folder, `${folder}-until-${day}`);
    ownFolder(folder, "--stack", "end");
  }

  record(): EndStep {
    const { ending } = this;
    const { stack, folder } = ending;
    return {
      title: "A record of what the workshop was",
      done: () => {
        if (this.up !== undefined && !this.isHalfGone) return undefined;
        const text = fs.existsSync(this.outputsFile)
          ? fs.readFileSync(this.outputsFile, "utf8")
          : "{}";
        ending.outputs = JSON.parse(text) as ShownOutputs;
        return GONE;
      },
      run: async () => {
        this.setAside();
        const text = askPulumi("stack", "output", "--json", "--stack", stack);
        ending.outputs = JSON.parse(text) as ShownOutputs;
        const config = withoutSecrets(stack);
        const versions = {
          program: firstLine("git", "rev-parse", "HEAD") || "no git repository",
          pulumi: firstLine("pulumi", "version"),
          node: process.version,
        };
        const at = new Date().toISOString();
        const page = recordText({ stack, outputs: ending.outputs, config, at, versions });
        writeOwn(this.outputsFile, text);
        writeOwn(path.join(folder, "configuration.json"), JSON.stringify(config, undefined, 2));
        writeOwn(path.join(folder, "workshop.txt"), page);
        if (!ending.isForced) {
          const file = path.join(folder, "attendance.csv");
          // Worth less than that the server goes: it is told, and stops nothing.
          const status = await ending.command("attendance", "--to", file);
          if (status !== 0) ending.say("  Without a list of who was here when");
        }
        ending.say(`  ${folder}`);
      },
    };
  }

  slips(): EndStep {
    const { slips, say } = this.ending;
    return {
      title: "The slips with everybody's password",
      done: () => (fs.existsSync(slips) ? undefined : "there are none on this computer"),
      run: () => {
        fs.rmSync(slips, { recursive: true });
        say(`  removed: ${slips}`);
        return Promise.resolve();
      },
    };
  }

  private tokenPlace(): TokenPlace | undefined {
    const text = (key: string) => this.ending.config[`tljh-workshop:${key}`]?.value ?? "";
    const [host, token, username] = [text("gitHost"), text("gitToken"), text("gitUsername")];
    const content = JSON.parse(text("content") || "[]") as { repo?: string }[];
    const addresses = content.map(({ repo = "" }) =>
      repo.includes("://") ? repo : `https://${host}/${repo}`,
    );
    const repository = addresses.find((one) => one.startsWith(`https://${host}/`));
    return token === "" || repository === undefined
      ? undefined
      : { host, repository, username, token };
  }

  token(): EndStep {
    const { ending } = this;
    const place = this.tokenPlace();
    const seen = path.join(ending.folder, "token-refused.txt");
    const mark = tokenFingerprint(place?.token ?? "");
    // Asked at the server while there is one; a host that this computer does not reach says nothing.
    const ask = async () => {
      const state = place
        ? await askToken(place, this.isHalfGone ? undefined : this.up)
        : "refused";
      if (state === "refused") writeOwn(seen, mark);
      return state;
    };
    return {
      title: "The token is revoked",
      done: async () => {
        if (place === undefined) return "there is none";
        // Of an earlier run: a revoked token is never accepted again.
        if (fs.existsSync(seen) && fs.readFileSync(seen, "utf8").trim() === mark) {
          return `${place.host} refuses it`;
        }
        return (await ask()) === "refused" ? `${place.host} refuses it` : undefined;
      },
      run: async () => {
        const page = tokenPage(place?.host ?? "");
        ending.tokenPage = page;
        ending.say(`  Revoke it now: ${page}`);
        if (ending.yes) return ending.say("  It stays to be done.");
        for (;;) {
          const question = "  Press Enter when it is revoked, or type later: ";
          const answer = await ending.ask(question);
          if (answer !== "") return ending.say("  It stays to be done.");
          const state = await ask();
          if (state !== "accepted") {
            ending.tokenPage = state === "refused" ? "" : page;
            return ending.say(
              state === "refused"
                ? `  ${place?.host} refuses it`
                : `  Whether ${place?.host} refuses it could not be seen`,
            );
          }
          ending.say(`  ${place?.host} still accepts it`);
        }
      },
    };
  }

  destroy(): EndStep {
    const { ending } = this;
    const { stack } = ending;
    return {
      title: "The workshop is removed",
      done: () => (this.up === undefined ? "it is" : undefined),
      question: () => ({
        text: "Server, disks and all that the stack has made are deleted for good.",
        answer: stack,
      }),
      run: async () => {
        writeOwn(this.removingFile, this.up?.outputs.instanceId ?? "");
        expect(await ending.destroy(), "pulumi destroy", "what it says above");
      },
    };
  }

  sweep(): EndStep {
    const { ending } = this;
    const { aws, name, say, stack } = ending;
    return {
      title: "Nothing is left that costs money",
      run: async () => {
        const again = `npm run end -- --stack ${stack}`;
        const swept = await sweep({ stack, aws, again }, name);
        say(sweptText(swept).replace(/^/gm, "  "));
        const paid = leftOver(swept).filter(({ isPaid }) => isPaid);
        ending.backups = paid.filter(({ kind }) => BACKUPS.includes(kind));
        if (swept.failed.length === 0 && paid.length === ending.backups.length) return;
        throw new Error(
          formatProblem({
            wrong: "Something goes on costing money, or could not be looked at",
            received: "the list above",
            allowed: "nothing that costs money and no stack owns, but for backups",
            mend: `npm run sweep -- --stack ${stack} --remove`,
          }),
        );
      },
    };
  }
}

export function stepsOf(ending: Ending): EndStep[] {
  const steps = new Steps(ending);
  return [
    steps.servers(),
    steps.files(),
    steps.record(),
    steps.slips(),
    steps.token(),
    steps.destroy(),
    steps.sweep(),
  ];
}
