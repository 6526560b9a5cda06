/**
 * Packages for all participants, between two `pulumi up`s, in front of a class.
 *
 *   npm run package -- add flopy rasterio        from PyPI; with --conda or --apt from there
 *   npm run package -- add 'pandas==3.0.6' --change
 *                                                may change what is there while people's servers run
 *   npm run package -- remove flopy              and what only flopy needed
 *   npm run package -- list                      what is asked for, and which versions are there
 *   npm run -s package -- lock > packages.lock   the exact versions of everything
 *
 * With `--dry-run` it only shows what it would do. With `--stack NAME` for another stack than the
 * selected one. On success the list is written into the stack's configuration and the step is
 * brought up, so that a preview afterwards shows no change; on failure nothing is.
 */
import {
  readPackages,
  type PackageList,
  type PackagesSettings,
} from "../components/packagesConfig";
import { packagesValues } from "../components/packages";
import { Reader } from "../components/configReader";
import { formatProblem, formatProblems } from "../components/text";
import { bringUp } from "./bringUp";
import { parsePackageArguments } from "./packageArguments";
import { listed, listText, recorded, withoutPackages, withPackages } from "./packageList";
import { askPulumi, openConfig } from "./askPulumi";
import { selectedStack, stackServer } from "./stackServer";

const PROJECT = "tljh-workshop";
const STEP = "**:Packages$command:remote:Command::**-packages";
const LIMIT_SECONDS = 3600;

interface Configured {
  settings: PackagesSettings;
  aptWaitMinutes: number;
}

function configured(stack: string): Configured {
  const shown = Object.entries(openConfig(stack));
  const raw = Object.fromEntries(shown.map(([key, one]) => [key, one?.value]));
  const read = new Reader(raw, PROJECT);
  const settings = readPackages(read);
  const aptWaitMinutes = read.integer("aptWaitMinutes", 0, 120);
  if (read.problems.length === 0) return { settings, aptWaitMinutes };
  throw new Error(
    formatProblems(`The configuration of stack ${stack} cannot be used`, read.problems),
  );
}

/** What the stack knows of versions. */
function lockText(stack: string): string {
  const text = askPulumi("stack", "output", "--json", "--show-secrets", "--stack", stack);
  return (JSON.parse(text) as { packagesLock?: string }).packagesLock ?? "";
}

function record(stack: string, list: PackageList): void {
  const objectValue = recorded(list);
  const value = { value: JSON.stringify(objectValue), objectValue, secret: false };
  const change = JSON.stringify({ [`${PROJECT}:packages`]: value });
  askPulumi("config", "set-all", "--json", change, "--stack", stack);
}

async function change(
  stack: string,
  now: Configured,
  list: PackageList,
  { dryRun, mayChange }: { dryRun: boolean; mayChange: boolean },
): Promise<void> {
  const { aptWaitMinutes } = now;
  const values = packagesValues({ ...now.settings, packages: list, aptWaitMinutes });
  const request = JSON.parse(values["REQUEST"] as string) as object;
  values["REQUEST"] = JSON.stringify({ ...request, refuseChanges: !mayChange && !dryRun });
  values["ONLY_SHOW"] = dryRun ? "yes" : "no";
  const onLine = (line: string) => {
    if (!line.startsWith("lock: ")) console.log(line);
  };
  const ran = await stackServer(stack).run("packages", values, {
    limitSeconds: LIMIT_SECONDS,
    onLine,
  });
  if (dryRun) return console.log("Nothing was changed");
  const page = ran.stdout.includes("new extensions") ? ", and reload the page" : "";
  console.log(
    `Tell everybody who has a notebook open: restart your kernel (Kernel, Restart Kernel)${page}`,
  );
  record(stack, list);
  await bringUp(
    stack,
    [STEP],
    "The packages are there and recorded, but Pulumi's state does not know of it yet",
  );
  console.log(`Recorded in Pulumi.${stack}.yaml: packages`);
}

async function main(): Promise<void> {
  const request = parsePackageArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  if (request.do === "lock") {
    const lock = lockText(stack);
    if (lock !== "") return void process.stdout.write(lock);
    throw new Error(
      formatProblem({
        wrong: `The stack ${stack} knows of no packages`,
        received: "no output packagesLock",
        allowed: "a stack that this version of the program has brought up",
        mend: `pulumi up --stack ${stack}`,
      }),
    );
  }
  const now = configured(stack);
  const { packages } = now.settings;
  switch (request.do) {
    case "list": {
      const all = listed(packages, lockText(stack));
      return console.log(request.json ? JSON.stringify(all, undefined, 2) : listText(all));
    }
    case "add": {
      const { names, installer, dryRun, change: mayChange } = request;
      return change(stack, now, withPackages(packages, installer, names), { dryRun, mayChange });
    }
    case "remove": {
      const { names, dryRun } = request;
      const after = withoutPackages(packages, names, stack);
      return change(stack, now, after, { dryRun, mayChange: true });
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
