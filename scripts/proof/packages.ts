/** Whether the configured packages can be imported in a participant's kernel. */
import type { Kernel } from "../participant/kernel";
import type { ShownConfig } from "../stackAws";
import type { Found } from "./rows";

/** Without these there is no notebook and no link. */
const ALWAYS = ["ipykernel", "nbgitpuller"];

/** Names of the packages for Python that a stack's configuration asks for. */
export function packagesOf(config: ShownConfig): string[] {
  const { value = "", objectValue } = config["tljh-workshop:packages"] ?? {};
  const given = objectValue ?? (value === "" ? {} : (JSON.parse(value) as unknown));
  const { conda = [], pip = [] } = given as { conda?: string[]; pip?: string[] };
  const names = [...conda, ...pip].map((spec) => /[\w.-]+/.exec(spec.replace(/^.*::/, ""))?.[0]);
  return [...new Set([...ALWAYS, ...names.filter((name) => name !== undefined)])];
}

/**
 * Imports what a package brings. A package's name is often not its module's; some have none at all,
 * and it is enough that they are there. What only conda knows is looked up there.
 */
const IMPORT = `
import glob, importlib, importlib.metadata as metadata, json, os, re, sys, time

def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

modules = {}
for module, packages in metadata.packages_distributions().items():
    for package in packages:
        modules.setdefault(plain(package), []).append(module)
of_conda = {os.path.basename(it).rsplit("-", 2)[0] for it in glob.glob(sys.prefix + "/conda-meta/*.json")}
wrong = {}
for name in json.loads(names):
    tops = [it for it in modules.get(plain(name), []) if it.isidentifier() and not it.startswith("_")]
    best = [it for it in tops if plain(it) == plain(name)] or tops[:1]
    try:
        if not best and plain(name) not in modules and plain(name) not in of_conda:
            try:
                metadata.version(name)
            except metadata.PackageNotFoundError:
                best = [name.replace("-", "_")]
        for module in best:
            importlib.import_module(module)
    except BaseException as error:
        wrong[name] = f"{type(error).__name__}: {error}"
print(json.dumps(wrong))
`;

export function importCode(names: readonly string[]): string {
  return `names = ${JSON.stringify(JSON.stringify(names))}\n${IMPORT}`;
}

export async function importsFound(
  kernel: Kernel,
  names: readonly string[],
  stack: string,
): Promise<Found> {
  const { text, error } = await kernel.run(importCode(names), { limitSeconds: 300 });
  if (error !== undefined) throw new Error(error);
  const wrong = Object.entries(JSON.parse(text) as Record<string, string>);
  if (wrong.length === 0) return `${names.length} packages: ${names.join(", ")}`;
  return {
    state: "bad",
    found: wrong.map(([name, why]) => `${name}: ${why}`).join("; "),
    mend: `pulumi up --stack ${stack}, which installs what is missing`,
  };
}
