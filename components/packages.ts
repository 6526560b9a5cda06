import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PackagesSettings } from "./packagesConfig";
import { Server, serverPrograms, ServerStep } from "./server";
import type { ShellValue } from "./shell";

export interface PackagesArgs extends PackagesSettings {
  server: Server;
  aptWaitMinutes: number;
}

const CONSTRAINTS = path.join(__dirname, "..", "scripts", "server", "constraints.txt");

/** Packages of the installer that stay at their versions, whatever is asked for. */
export function ownPackages(): string[] {
  const lines = fs.readFileSync(CONSTRAINTS, "utf8").split("\n");
  return [...new Set(lines.flatMap((line) => /^([\w.-]+)==/.exec(line)?.[1] ?? []))];
}

/** Variables of `scripts/server/packages.sh`. */
export function packagesValues(args: Omit<PackagesArgs, "server">): Record<string, ShellValue> {
  const { packages, requirements, requirementsUrl, packagesLock, packagesScript } = args;
  const { pip, conda, apt } = packages;
  return {
    REQUEST: JSON.stringify({ pip, conda, requirements, lock: packagesLock, own: ownPackages() }),
    APT: apt,
    REQUIREMENTS_URL: requirementsUrl,
    SCRIPT: packagesScript,
    APT_WAIT_MINUTES: args.aptWaitMinutes,
    PROGRAMS: serverPrograms("packages"),
  };
}

/**
 * The exact versions of all that is in the user environment, from what the step has printed: a
 * requirements file of pip; what conda has put in stands in comments. Undefined: there is none yet.
 */
export function lockOf(printed: string | undefined): string | undefined {
  const lines = [...(printed ?? "").matchAll(/^lock: (\[.*\])$/gm)].flatMap(
    ([, list = "[]"]) => JSON.parse(list) as string[],
  );
  return lines.length === 0 ? undefined : `${lines.join("\n")}\n`;
}

/**
 * Phase 5 of the guide: packages for all participants, in the user environment that they share, and
 * of the system; see `scripts/server/packages.sh`.
 *
 * Costs nothing. The guide's set takes about a minute; one more package some 10 s. Errors: a package
 * that does not exist, packages that do not go together, too little disk, an index that does not
 * answer, a package with which people could not work. After each of them the environment is as it
 * was.
 */
export class Packages extends pulumi.ComponentResource {
  /** See `lockOf`. Marked secret, as all that steps print; it holds none. */
  readonly lock: pulumi.Output<string | undefined>;

  constructor(name: string, args: PackagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Packages", name, {}, opts);
    const step = new ServerStep(
      `${name}-packages`,
      { server: args.server, script: "packages", values: packagesValues(args) },
      { parent: this },
    );
    this.lock = step.stdout.apply(lockOf);
    this.registerOutputs({});
  }
}
