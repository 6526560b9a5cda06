/** Pulumi's own CLI, for the commands that a person runs beside it. */
import { execFile, execFileSync } from "node:child_process";
import path from "node:path";
import { formatProblem } from "../components/text";

const ROOT = path.join(__dirname, "..");

/**
 * What `pulumi` prints. Its own words about a failure go to the person's screen.
 *
 * @throws Error when it fails
 */
export function askPulumi(...args: string[]): string {
  try {
    return execFileSync("pulumi", args, {
      cwd: ROOT,
      encoding: "utf8",
      // A stack's whole state is some megabytes: the providers' text is in it for each resource.
      maxBuffer: 256 * 1024 * 1024,
      stdio: ["ignore", "pipe", "inherit"],
    });
  } catch (error) {
    const [received = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    const problem = {
      wrong: "The stack cannot be read",
      received,
      allowed: "a stack of this project, with its passphrase at hand",
      mend: "pulumi stack ls, then the same command once more with --stack NAME",
    };
    throw new Error(formatProblem(problem), { cause: error });
  }
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
