/**
 * What is wrong with the links of a course, and what is worth a warning, from what the server has
 * seen of the repositories (scripts/server/content-check.sh). No input or output here.
 */
import { nearest, type Problem } from "../components/text";

/** An entry of the key `content`, as far as it is checked. */
export interface CheckedEntry {
  name: string;
  /** Address of the repository, without .git. */
  url: string;
  host: string;
  branch: string;
  /** Path in the repository; empty: its top. */
  open: string;
  app: "lab" | "notebook";
}

/** What git said of one entry's repository. */
export interface Found {
  name: string;
  /** Git's own words when the repository cannot be read; nothing else is known then. */
  said?: string;
  branches?: string[];
  /** The branch of a clone that names none; empty: there is none. */
  default?: string;
  /** Of the entry's branch; undefined when the branch is missing. */
  commit?: string;
  /** Files and submodules. */
  paths?: string[];
  folders?: string[];
  /** Text of .gitattributes. */
  attributes?: string;
  /** Addresses in .gitmodules. */
  modules?: string[];
}

export interface Place {
  /** Host of the token. */
  gitHost: string;
  hasToken: boolean;
}

/** Of a list, so many are told. */
const TOLD = 5;

/** That the host did not answer, and nothing is known about the repository. */
const SILENT =
  /could not resolve|failed to connect|couldn't connect|timed out|no answer|operation too slow|connection (reset|refused|was)|early eof|error: 5\d\d|the remote end hung up/i;

export function isSilent({ said }: Found): boolean {
  return said !== undefined && SILENT.test(said);
}

/** One word of a command, as a shell takes it. */
function word(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function set(index: number, field: string, value: string): string {
  return `pulumi config set --path 'content[${index}].${field}' ${word(value)}, then: pulumi up`;
}

function some(all: readonly string[]): string {
  if (all.length === 0) return "nothing";
  const more = all.length > TOLD ? `, and ${all.length - TOLD} more` : "";
  return all.slice(0, TOLD).join(", ") + more;
}

/** What is the same to a person: upper and lower case, and the two ways to write an accent. */
function plain(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

function lastPart(path: string): string {
  return path.split("/").at(-1) ?? "";
}

/**
 * The existing path that is meant: in another case, in another folder, or misspelt. Of several the
 * nearest to the repository's top.
 */
export function nearestPath(open: string, existing: readonly string[]): string | undefined {
  const byDepth = [...existing].sort(
    (one, other) => one.split("/").length - other.split("/").length || one.length - other.length,
  );
  const [wanted, last] = [plain(open), plain(lastPart(open))];
  const sameCase = byDepth.find((path) => plain(path) === wanted);
  if (sameCase !== undefined) return sameCase;
  const sameName = byDepth.filter((path) => plain(lastPart(path)) === last);
  if (sameName.length > 0) return nearest(open, sameName) ?? sameName[0];
  const near = nearest(open, byDepth);
  if (near !== undefined) return near;
  const nearLast = nearest(last, [...new Set(byDepth.map((path) => plain(lastPart(path))))]);
  return byDepth.find((path) => plain(lastPart(path)) === nearLast);
}

function repositoryProblem(
  entry: CheckedEntry,
  index: number,
  found: Found,
  place: Place,
): Problem {
  const received = `${entry.url}: ${(found.said ?? "").replace(/\s*\n\s*/g, " · ")}`;
  if (isSilent(found)) {
    return {
      wrong: `content[${index}] (${entry.name}) could not be checked: its host does not answer the server`,
      received,
      allowed: `an answer from ${entry.host}`,
      mend: "pulumi up, in some minutes",
    };
  }
  const isOurs = entry.host === place.gitHost;
  const repo = set(index, "repo", "org/repo");
  const token = isOurs
    ? place.hasToken
      ? `or let the token read it: give it this repository at ${entry.host} (or make another: pulumi config set --secret gitToken), then: pulumi up`
      : `or, if it is private: pulumi config set --secret gitToken, then: pulumi up`
    : `or make it public: the token is for ${place.gitHost} only`;
  return {
    wrong: `content[${index}].repo (${entry.name}) does not exist, or the server may not read it`,
    received,
    allowed: "a repository that git on the server can read",
    mend: `${repo}; ${token}`,
  };
}

function branchProblem(entry: CheckedEntry, index: number, found: Found): Problem {
  const branches = found.branches ?? [];
  const meant =
    branches.find((branch) => plain(branch) === plain(entry.branch)) ??
    (branches.length > 0 ? nearest(entry.branch, branches) : undefined) ??
    (found.default || branches[0]);
  return {
    wrong: `content[${index}].branch (${entry.name}) does not exist in ${entry.url}`,
    received: entry.branch,
    allowed: branches.length > 0 ? some(branches) : "a branch; the repository has none yet",
    mend:
      meant === undefined
        ? "push a first commit to the repository, then: pulumi up"
        : set(index, "branch", meant),
  };
}

function pathProblem(entry: CheckedEntry, index: number, found: Found): Problem {
  const existing = [...(found.paths ?? []), ...(found.folders ?? [])];
  const meant = existing.length > 0 ? nearestPath(entry.open, existing) : undefined;
  const notebooks = existing.filter((path) => path.endsWith(".ipynb"));
  return {
    wrong: `content[${index}].open (${entry.name}) does not exist on branch ${entry.branch} of ${entry.url}`,
    received: entry.open,
    allowed: meant ?? some(notebooks.length > 0 ? notebooks : existing),
    mend:
      meant === undefined
        ? `push the file to the repository, or: ${set(index, "open", notebooks[0] ?? "PATH")}`
        : set(index, "open", meant),
  };
}

/**
 * All that keeps a link from working.
 *
 * @param found what was seen, an item for each entry, in their order
 */
export function contentProblems(
  entries: readonly CheckedEntry[],
  found: readonly Found[],
  place: Place,
): Problem[] {
  return entries.flatMap((entry, index) => {
    const seen = found.find(({ name }) => name === entry.name);
    if (!seen) return [];
    if (seen.said !== undefined) return [repositoryProblem(entry, index, seen, place)];
    if (!seen.branches?.includes(entry.branch)) return [branchProblem(entry, index, seen)];
    if (seen.commit === undefined || entry.open === "") return [];
    const exists = seen.paths?.includes(entry.open) || seen.folders?.includes(entry.open);
    return exists ? [] : [pathProblem(entry, index, seen)];
  });
}

/** Address of a submodule without .git, as git reads it in the repository. */
export function submoduleUrl(url: string, repository: string): string {
  const parts = /^\.\.?\//.test(url) ? repository.split("/") : [];
  for (const part of url.replace(/\/+$/, "").split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." || parts.length === 0) parts.push(part);
  }
  const ssh = /^(?:ssh:\/\/)?git@([^:/]+)[:/](.+)$/.exec(parts.join("/"));
  return (ssh ? `https://${ssh[1]}/${ssh[2]}` : parts.join("/")).replace(/\.git$/, "");
}

/** What participants will miss or stumble over, though the link works. */
export function contentWarnings(
  entries: readonly CheckedEntry[],
  found: readonly Found[],
): string[] {
  const warnings = entries.flatMap((entry) => {
    const seen = found.find(({ name }) => name === entry.name);
    if (seen?.commit === undefined) return [];
    const { url, host, open, app } = entry;
    const missing = (seen.modules ?? [])
      .map((module) => submoduleUrl(module, url))
      .filter((module) => module.startsWith(`https://${host}/`))
      .filter((module) => entries.every((other) => other.url !== module));
    return [
      ...(/\bfilter=lfs\b/.test(seen.attributes ?? "")
        ? [
            `${url} keeps files in Git LFS, which participants' clones do not get: they find small text files in their place. Put the files themselves into the repository, or on a web server that the notebook reads from.`,
          ]
        : []),
      ...missing.map(
        (module) =>
          `${url} has the submodule ${module}, which participants find empty: nbgitpuller does not fetch submodules, and the token is only for what is listed. Put its files into the repository, or give it an entry of its own in content.`,
      ),
      ...(app === "lab" && open.split("/").slice(0, -1).includes("tree")
        ? [
            `content (${entry.name}): JupyterLab cannot open a link into a folder that is called tree (${open}). Rename the folder, or: pulumi config set --path 'content[${entries.indexOf(entry)}].app' notebook, then: pulumi up`,
          ]
        : []),
    ];
  });
  return [...new Set(warnings)];
}

/** Name of an entry to the commit that its link brings. */
export function commitsOf(found: readonly Found[]): Record<string, string> {
  return Object.fromEntries(
    found.flatMap(({ name, commit }) => (commit === undefined ? [] : [[name, commit]])),
  );
}
