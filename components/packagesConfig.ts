/** The keys about packages, checked: `packages`, `requirementsUrl`, `packagesLock`, `packagesScript`. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Reader } from "./configReader";
import { nearest, Problem } from "./text";

/** Who installs a package: conda-forge's packages, Python's, the system's. */
export const INSTALLERS = ["conda", "pip", "apt"] as const;
export type Installer = (typeof INSTALLERS)[number];

/** What is asked for from each. */
export type PackageList = Record<Installer, string[]>;

export interface PackagesSettings {
  packages: PackageList;
  /** Web address of a requirements file; the server downloads it. Empty: none. */
  requirementsUrl: string;
  /** Text of a requirements file that lies here. */
  requirements: string;
  /** Text of an earlier lock, whose versions are taken; empty: none. */
  packagesLock: string;
  /** Text of a bash script, which is run as root on the server; empty: none. */
  packagesScript: string;
}

const ROOT = path.join(__dirname, "..");
const NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const PYTHON_VERSIONS = "\\s*(?:(?:===?|~=|!=|<=?|>=?)\\s*[\\w.*+!-]+\\s*(?:,\\s*|$|(?=;)))*";

const RULES: Record<Installer, { pattern: RegExp; allowed: string; example: string }> = {
  conda: {
    pattern: new RegExp(`^(?:[\\w.-]+::)?${NAME}\\s*(?:[=<>!~][=\\w.*+,<>|!~-]*)?$`),
    allowed: "a name, and a version if need be: gdal, gdal=3.11, conda-forge::gdal",
    example: "gdal",
  },
  pip: {
    pattern: new RegExp(
      `^${NAME}\\s*(?:\\[[\\w.,\\s-]*\\])?(?:\\s*@\\s*(?:git\\+)?https?://[^\\s;]+|${PYTHON_VERSIONS})\\s*(?:;.+)?$`,
    ),
    allowed: "a requirement of pip: flopy, flopy==3.9.2, pandas>=2,<3, NAME @ https://…",
    example: "flopy",
  },
  apt: {
    pattern: /^[a-z0-9][a-z0-9+.-]+$/,
    allowed: "the name of a package of Ubuntu: gdal-bin",
    example: "gdal-bin",
  },
};

/** What is wrong with the name of a package, or nothing. */
export function packageProblem(installer: Installer, spec: string): Problem | undefined {
  const { pattern, allowed, example } = RULES[installer];
  if (pattern.test(spec)) return undefined;
  // "flopy 3.9", "pip install flopy": what is meant is clear.
  const [first = "", second = ""] = spec.replace(/^.*\binstall\s+/, "").split(/\s+/);
  const exact = installer === "conda" ? "=" : "==";
  const meant = /^\d/.test(second) ? `${first}${exact}${second}` : first;
  return {
    wrong: `packages: ${installer} does not take this`,
    received: spec === "" ? "nothing" : spec,
    allowed,
    mend: `pulumi config set --path 'packages.${installer}[0]' ${pattern.test(meant) ? meant : example}`,
  };
}

/** Name of the package that a requirement is about, in the one spelling of PEP 503. */
export function packageName(spec: string): string {
  const [, name = ""] = new RegExp(`^(?:[\\w.-]+::)?(${NAME})`).exec(spec.trim()) ?? [];
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

export function readPackages(read: Reader): PackagesSettings {
  const { packages, problems } = parsePackages(read.text("packages"));
  read.problems.push(...problems);
  const from = read.text("requirementsUrl").trim();
  const isWeb = /^https?:\/\//.test(from);
  return {
    packages,
    requirementsUrl: isWeb ? read.webAddress("requirementsUrl") : "",
    requirements: isWeb ? "" : file(read, "requirementsUrl", "requirements.txt"),
    packagesLock: file(read, "packagesLock", "packages.lock"),
    packagesScript: file(read, "packagesScript", "scripts/examples/modflow.sh"),
  };
}

/** Checks the value of `packages`, as Pulumi hands it on: JSON. */
export function parsePackages(text: string): { packages: PackageList; problems: Problem[] } {
  const packages: PackageList = { conda: [], pip: [], apt: [] };
  const problems: Problem[] = [];
  const refuse = (wrong: string, received: string, mend: string) =>
    problems.push({
      wrong,
      received,
      allowed: "{conda: […], pip: […], apt: […]}, each a list of names",
      mend,
    });
  const value = text.trim() === "" ? {} : asObject(text);
  if (value === undefined) {
    refuse(
      "packages is not a table of lists",
      text,
      "pulumi config set --path 'packages.pip[0]' flopy",
    );
    return { packages, problems };
  }
  for (const [key, list] of Object.entries(value)) {
    const installer = INSTALLERS.find((one) => one === key);
    if (!installer) {
      const meant = nearest(key, INSTALLERS);
      const wrong = `packages does not know ${key}${meant ? `; ${meant} is meant?` : ""}`;
      refuse(wrong, key, `pulumi config rm --path packages.${key}`);
      continue;
    }
    if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) {
      const mend = `pulumi config set --path 'packages.${key}[0]' ${RULES[installer].example}`;
      refuse(`packages.${key} is not a list of names`, JSON.stringify(list), mend);
      continue;
    }
    packages[installer] = list.map((one: string) => one.trim());
  }
  const seen = new Map<string, Installer>();
  for (const installer of INSTALLERS) {
    packages[installer].forEach((spec, index) => {
      const problem = packageProblem(installer, spec);
      if (problem) {
        problems.push({ ...problem, mend: problem.mend.replace("[0]", `[${index}]`) });
      }
      const name = installer === "apt" ? `apt ${spec}` : packageName(spec);
      const other = seen.get(name);
      if (other && !problem) {
        const mend = `pulumi config rm --path 'packages.${installer}[${index}]'`;
        refuse(`packages names ${packageName(spec)} twice`, `${other} and ${installer}`, mend);
      }
      seen.set(name, installer);
    });
  }
  return { packages, problems };
}

function asObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Text of the file that a key names, relative to the project's folder; empty where none is named. */
function file(
  read: Reader,
  key: "requirementsUrl" | "packagesLock" | "packagesScript",
  example: string,
): string {
  const name = read.text(key).trim();
  if (name === "") return "";
  try {
    return fs.readFileSync(path.resolve(ROOT, name), "utf8");
  } catch (error) {
    const rule = {
      wrong: `The file that ${key} names cannot be read`,
      allowed: `${key === "requirementsUrl" ? "an address that starts with https://, or " : ""}a file's path from the project's folder`,
      example,
    };
    read.refuse(key, rule, `${name} (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
    return "";
  }
}
