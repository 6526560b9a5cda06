/** The list of packages in a stack's configuration: with one more, with one less, as a table. */
import {
  type Installer,
  INSTALLERS,
  packageName,
  type PackageList,
} from "../components/packagesConfig";
import { formatProblem, nearest } from "../components/text";
import { table } from "./userText";

function nameOf(installer: Installer, spec: string): string {
  return installer === "apt" ? spec : packageName(spec);
}

/** With these packages; a name that is there already gets the new spec, from the new place. */
export function withPackages(
  list: PackageList,
  installer: Installer,
  specs: readonly string[],
): PackageList {
  const names = new Set(specs.map((spec) => nameOf(installer, spec)));
  const others = (one: Installer) =>
    (one === "apt") === (installer === "apt")
      ? list[one].filter((spec) => !names.has(nameOf(one, spec)))
      : [...list[one]];
  const after = { conda: others("conda"), pip: others("pip"), apt: others("apt") };
  after[installer].push(...specs);
  return after;
}

/** @throws Error when one of them is not in the list */
export function withoutPackages(
  list: PackageList,
  names: readonly string[],
  stack: string,
): PackageList {
  const after = { conda: [...list.conda], pip: [...list.pip], apt: [...list.apt] };
  for (const name of names) {
    const found = INSTALLERS.find((it) =>
      after[it].some((spec) => nameOf(it, spec) === nameOf(it, name)),
    );
    if (found) {
      after[found] = after[found].filter((spec) => nameOf(found, spec) !== nameOf(found, name));
      continue;
    }
    const known = INSTALLERS.flatMap((it) => list[it].map((spec) => nameOf(it, spec)));
    const meant = known.length > 0 ? nearest(name, known) : undefined;
    throw new Error(
      formatProblem({
        wrong: `The workshop's list has no package ${name}`,
        received: name,
        allowed: known.join(", ") || "nothing: the list is empty",
        mend: meant
          ? `npm run package -- remove ${meant} --stack ${stack}`
          : `npm run package -- list --stack ${stack}`,
      }),
    );
  }
  return after;
}

/** What stands in the configuration: no empty lists. */
export function recorded(list: PackageList): Partial<PackageList> {
  return Object.fromEntries(
    INSTALLERS.filter((it) => list[it].length > 0).map((it) => [it, list[it]]),
  );
}

export interface ListedPackage {
  name: string;
  from: Installer;
  /** As it was asked for. */
  asked: string;
  /** Exact; undefined: not in the lock. apt's have none there. */
  version?: string;
}

/** @param lock see `lockOf` */
export function listed(list: PackageList, lock: string): ListedPackage[] {
  const versions = new Map<string, string>();
  for (const line of lock.split("\n")) {
    const [, name, version] = /^(?:#conda: )?([\w.-]+?)(?:==?| @ )([^=\s]+)/.exec(line) ?? [];
    if (name && version) versions.set(packageName(name), version);
  }
  return INSTALLERS.flatMap((from) =>
    list[from].map((asked) => {
      const version = from === "apt" ? undefined : versions.get(packageName(asked));
      return { name: nameOf(from, asked), from, asked, ...(version && { version }) };
    }),
  );
}

export function listText(packages: readonly ListedPackage[]): string {
  if (packages.length === 0) return "No packages beside those that TLJH brings";
  return table([
    ["package", "from", "version", "asked for"],
    ...packages.map((it) => [it.name, it.from, it.version ?? "–", it.asked]),
  ]);
}
