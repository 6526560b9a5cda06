/** The course material of a stack: the configuration key `content`, checked. */
import { nearest, Problem } from "./text";

/** One link for participants: a repository, and what opens in it. */
export interface ContentEntry {
  /** Short word: the address on the hub, and the key in the outputs. */
  name: string;
  /** Address of the repository, without `.git`, such as https://github.com/org/repo. */
  url: string;
  /** Host of it, with a port where it has one. */
  host: string;
  /** Path of it, such as org/repo. */
  path: string;
  branch: string;
  /** Path in the repository, with forward slashes; empty: its top. */
  open: string;
  app: "lab" | "notebook";
  /** Folder of the clone in a participant's home. */
  folder: string;
}

const FIELDS = ["repo", "branch", "open", "app", "name"] as const;
type Field = (typeof FIELDS)[number];

const APPS = ["lab", "notebook"] as const;

/** First parts of addresses that are the hub's, and the one of the first entry. */
export const RESERVED_NAMES = [
  "api",
  "hub",
  "services",
  "start",
  "user",
  "metrics",
  "dashboard",
  "network",
];

const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/;
/** Of a repository's path: what hosts allow, and Traefik's rules and git's configuration can hold. */
const SEGMENT = /^[\p{L}\p{N}_][\p{L}\p{N}._~-]*$/u;

interface Raw {
  index: number;
  fields: Partial<Record<Field, string>>;
}

/** What git refuses in the name of a branch (git check-ref-format). */
export function branchFault(branch: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- git forbids them
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(branch)) {
    return "has a blank or one of ~ ^ : ? * [ \\, which git forbids";
  }
  if (/\.\.|@\{|\/\/|^[/-]|[/.]$|^@$/.test(branch)) return "is not a name that git allows";
  if (branch.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock"))) {
    return "is not a name that git allows";
  }
  return undefined;
}

/** Collects problems of one key. */
class Checker {
  readonly problems: Problem[] = [];

  refuse(raw: Raw, field: Field, wrong: string, allowed: string, example: string): void {
    const value = raw.fields[field];
    this.problems.push({
      wrong: `content[${raw.index}].${field} ${wrong}`,
      received: value === undefined || value === "" ? "nothing" : value,
      allowed,
      mend: `pulumi config set --path 'content[${raw.index}].${field}' ${quoted(example)}`,
    });
  }

  /** Host and path of a repository. */
  repository(raw: Raw, gitHost: string): { host: string; path: string } {
    const value = (raw.fields.repo ?? "").trim();
    const allowed = `org/repo on ${gitHost}, or a whole address such as https://${gitHost}/org/repo`;
    const example = "org/repo";
    const whole = /^https:\/\/([^/]+)\/(.*)$/.exec(value);
    const host = (whole?.[1] ?? gitHost).toLowerCase();
    const path = decoded((whole?.[2] ?? value).replace(/\/+$/, "").replace(/\.git$/, ""));
    const parts = path.split("/");
    if (whole && !/^[a-z0-9.-]+(:\d+)?$/.test(host)) {
      this.refuse(
        raw,
        "repo",
        "has a host, or a name in front of it, that cannot be",
        allowed,
        example,
      );
    } else if (!whole && /^[a-z+]+:\/\/|^[^/]*@/.test(value)) {
      this.refuse(
        raw,
        "repo",
        "is not an address by https",
        allowed,
        `https://${gitHost}/org/repo`,
      );
    } else if (parts.length < 2 || !parts.every((part) => SEGMENT.test(part))) {
      this.refuse(raw, "repo", "is not a repository", allowed, example);
    }
    return { host, path };
  }

  branch(raw: Raw): string {
    const branch = raw.fields.branch ?? "main";
    const fault = branch === "" ? "is empty" : branchFault(branch);
    if (fault) this.refuse(raw, "branch", fault, "a branch of the repository", "main");
    return branch;
  }

  open(raw: Raw): string {
    const open = raw.fields.open ?? "";
    const better = open
      .replaceAll("\\", "/")
      .split("/")
      .filter((part) => part !== "" && part !== "." && part !== "..")
      .join("/");
    // eslint-disable-next-line no-control-regex -- no file of a course has them in its name
    if (/[\u0000-\u001f\u007f]/.test(open) || better !== open.replace(/\/$/, "")) {
      this.refuse(
        raw,
        "open",
        "is not a path in the repository",
        "a path from the repository's top, with forward slashes, such as notebooks/1_introduction.ipynb",
        better,
      );
    }
    return better;
  }

  app(raw: Raw): ContentEntry["app"] {
    const value = raw.fields.app ?? "lab";
    const found = APPS.find((app) => app === value);
    if (!found) {
      const example = nearest(value, APPS) ?? "lab";
      this.refuse(raw, "app", "is not one of its values", APPS.join(", "), example);
    }
    return found ?? "lab";
  }

  name(raw: Raw, path: string, taken: ReadonlySet<string>): string {
    const made = (path.split("/").at(-1) ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const own = raw.fields.name;
    let name = own ?? (made.replace(/^-+|-+$/g, "") || `course-${raw.index + 1}`);
    const allowed = `a short word of lower-case letters, digits and hyphens; none of ${RESERVED_NAMES.join(", ")}`;
    if (own === undefined) {
      for (let number = 2; taken.has(name) || RESERVED_NAMES.includes(name); number += 1) {
        name = `${name.replace(/-\d+$/, "")}-${number}`;
      }
    } else if (!NAME.test(own) || RESERVED_NAMES.includes(own)) {
      this.refuse(
        raw,
        "name",
        "cannot be an address on the hub",
        allowed,
        `course-${raw.index + 1}`,
      );
    } else if (taken.has(own)) {
      this.refuse(raw, "name", "is another entry's, too", allowed, `${own}-${raw.index + 1}`);
    }
    return name;
  }
}

type Place = Pick<ContentEntry, "url" | "path" | "branch">;

/**
 * nbgitpuller's own folder is the last part of the path. Two repositories of one name get the whole
 * path; a second branch gets a copy of its own, since a copy cannot change to another branch.
 */
function folderOf(entry: Place, entries: readonly Place[]): string {
  const last = ({ path }: Place) => path.split("/").at(-1) ?? "";
  const isAlone = entries.every((other) => other.url === entry.url || last(other) !== last(entry));
  const folder = isAlone ? last(entry) : entry.path.replaceAll("/", "-");
  const [first] = entries.filter(({ url }) => url === entry.url);
  if (first === undefined || first.branch === entry.branch) return folder;
  return `${folder}-${entry.branch.replace(/[^\p{L}\p{N}._]+/gu, "-")}`;
}

/** As one may write it in an address; what cannot be decoded stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The entries as texts; undefined when the value is no list of tables of texts. */
function readEntries(value: string, problems: Problem[]): Raw[] {
  if (value.trim() === "") return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    parsed = undefined;
  }
  const mend = "pulumi config set --path 'content[0].repo' org/repo";
  const shape = `a list of tables with ${FIELDS.join(", ")}`;
  if (!Array.isArray(parsed)) {
    problems.push({ wrong: "content is not a list", received: value, allowed: shape, mend });
    return [];
  }
  return parsed.flatMap((entry: unknown, index) => {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
      const received = JSON.stringify(entry);
      const first = `pulumi config set --path 'content[${index}].repo' org/repo`;
      problems.push({
        wrong: `content[${index}] is not a table`,
        received,
        allowed: shape,
        mend: first,
      });
      return [];
    }
    const fields: Raw["fields"] = {};
    for (const [key, text] of Object.entries(entry)) {
      const field = FIELDS.find((one) => one === key);
      if (field !== undefined && ["string", "number"].includes(typeof text)) {
        fields[field] = String(text);
        continue;
      }
      const meant = nearest(key, FIELDS);
      // What stands under the misspelt name is kept, unless the right one has something too.
      const isMoved =
        !field && meant !== undefined && !(meant in entry) && typeof text === "string";
      problems.push({
        wrong: field
          ? `content[${index}].${key} is not a text`
          : `content[${index}] has a field that does not exist${meant ? `; ${meant} is meant?` : ""}`,
        received: field ? JSON.stringify(text) : key,
        allowed: field ? "a text" : FIELDS.join(", "),
        mend: `${isMoved ? `pulumi config set --path 'content[${index}].${meant}' ${quoted(String(text))} && ` : ""}pulumi config rm --path 'content[${index}].${key}'`,
      });
    }
    return [{ index, fields }];
  });
}

/**
 * The key `content` of a stack. `content` is only meaningful when there are no problems.
 *
 * @param value JSON, as Pulumi hands over what is structured
 * @param gitHost of repositories that are given as org/repo
 */
export function parseContent(
  value: string,
  gitHost: string,
): { content: ContentEntry[]; problems: Problem[] } {
  const check = new Checker();
  const taken = new Set<string>();
  const entries = readEntries(value, check.problems).map((raw) => {
    const { host, path } = check.repository(raw, gitHost);
    const name = check.name(raw, path, taken);
    taken.add(name);
    const url = `https://${host}/${path}`;
    const [branch, open, app] = [check.branch(raw), check.open(raw), check.app(raw)];
    return { name, url, host, path, branch, open, app };
  });
  const content = entries.map((entry) => ({ ...entry, folder: folderOf(entry, entries) }));
  return { content, problems: check.problems };
}
