/** Pulumi's own CLI, for the commands that a person runs beside it. */
import { execFile, spawnSync } from "node:child_process";
import path from "node:path";
import { formatProblem, type Problem } from "../components/text";

const ROOT = path.join(__dirname, "..");

/** Passphrase of the stack: another one, or none. */
const PASSPHRASE = /passphrase/i;
const NO_LOGIN = /must be set for login|pulumi login/;

/** What a failure of `pulumi` means for a person, from its own words. */
export function pulumiProblem(said: string, command: string): Problem {
  const words = /^error: (.+)$/m.exec(said)?.[1] ?? "";
  const problem = {
    wrong: "The stack cannot be read",
    received: words === "" ? command : `${words} (${command})`,
    allowed: "a stack of this project, with its passphrase at hand",
  };
  if (PASSPHRASE.test(words)) {
    const mend =
      "export PULUMI_CONFIG_PASSPHRASE_FILE=FILE, of the file with this stack's passphrase";
    return { ...problem, mend: `${mend}; then the same command once more` };
  }
  if (NO_LOGIN.test(words)) {
    return {
      ...problem,
      mend: "pulumi login, to where the stack's state is; then the same command",
    };
  }
  const mend = "pulumi stack ls, then the same command once more with --stack NAME";
  return { ...problem, mend };
}

/**
 * What `pulumi` prints. Its own words about a failure go to the person's screen.
 *
 * @throws Error when it fails
 */
export function askPulumi(...args: string[]): string {
  const { error, status, signal, stdout, stderr } = spawnSync("pulumi", args, {
    cwd: ROOT,
    encoding: "utf8",
    // A stack's whole state is some megabytes: the providers' text is in it for each resource.
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error) throw new Error(formatProblem(notStarted(error)), { cause: error });
  process.stderr.write(stderr);
  if (status === 0) return stdout;
  // Of a command, its values are left out: they may be secret.
  const command = `pulumi ${args.slice(0, 2).join(" ")}: ${signal ?? `exit status ${status}`}`;
  throw new Error(formatProblem(pulumiProblem(stderr, command)));
}

function notStarted(error: Error): Problem {
  return {
    wrong: "pulumi cannot be started",
    received: error.message,
    allowed: "the Pulumi CLI on PATH",
    mend: "pulumi version, until it answers; then the same command once more",
  };
}

/**
 * The same without waiting on the spot, and with a limit. Pulumi's own words about a failure are the
 * error's.
 *
 * @param signal ends it
 */
export function askPulumiLater(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 256 * 1024 * 1024, signal } as const;
    const asked = execFile(
      "pulumi",
      ["--non-interactive", ...args],
      options,
      (error, text, said) => {
        if (error === null) return resolve(text);
        const words = /error: (.+)/.exec(said)?.[1] ?? said.trim().split("\n").pop() ?? "";
        reject(new Error(words || error.message));
      },
    );
    asked.stdin?.end();
  });
}

/** What `pulumi config --json` prints, which has the project's defaults in it. */
export type ShownConfig = Record<string, { value?: string; objectValue?: unknown } | undefined>;

/** The configuration of a stack; of a secret there is the key alone. */
export function openConfig(stack: string): ShownConfig {
  return JSON.parse(askPulumi("config", "--json", "--stack", stack)) as ShownConfig;
}
