/** Links for participants: nbgitpuller's addresses, and the short ones on the hub. */
import type { ContentEntry } from "./content";

/** The short address of the first entry, beside the one of its own name. */
export const START = "start";

/**
 * Before the hub's own routes, whose priority is the length of their rule: PathPrefix(`/`) is longer
 * than Path(`/day1`).
 */
const PRIORITY = 100_000;

/** Percent-encoded but for RFC 3986's unreserved letters, so that no mail program cuts it short. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Where the application opens what is at `path`, below a participant's server. */
function applicationPath({ app, open }: Pick<ContentEntry, "app" | "open">): string {
  if (app === "lab") return "lab/tree";
  if (/\.ipynb$/i.test(open)) return "notebooks";
  // A file has an ending, a folder has none: nothing else tells them apart without the repository.
  return /[^/]\.[^./]+$/.test(open) ? "edit" : "tree";
}

/**
 * The address that brings a participant to the newest state of the material: logs in, starts the
 * server, clones or pulls, and opens the notebook.
 *
 * `urlpath` is encoded twice: nbgitpuller takes off one layer and hands the browser the rest as it
 * is, as an address.
 *
 * @param baseUrl of the hub, such as http://192.0.2.7
 */
export function link(baseUrl: string, entry: Omit<ContentEntry, "name">): string {
  const { url, branch, open, folder } = entry;
  const inHome = [folder, ...open.split("/")].filter((part) => part !== "");
  const urlpath = `${applicationPath(entry)}/${inHome.map(encoded).join("/")}`;
  const query = [
    ["repo", url],
    ["branch", branch],
    ["urlpath", urlpath],
    // The last part of the repository's address is nbgitpuller's own choice.
    ...(folder === url.split("/").at(-1) ? [] : [["targetpath", folder]]),
  ];
  const text = query.map(([key = "", value = ""]) => `${key}=${encoded(value)}`).join("&");
  return `${baseUrl.replace(/\/+$/, "")}/hub/user-redirect/git-pull?${text}`;
}

/** Name to link, in the order of the configuration. */
export function links(baseUrl: string, content: readonly ContentEntry[]): Record<string, string> {
  return Object.fromEntries(content.map((entry) => [entry.name, link(baseUrl, entry)]));
}

/** A text in TOML, whose basic strings know JSON's escapes. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/**
 * Traefik's rule for the short addresses, such as /start and /groundwater-course: each is answered
 * with a redirect to its link. Empty without content.
 *
 * Without a list of entry points the rule would be in force on the loopback ones, too. One that does
 * not exist (https, before there is a certificate) is only a line in Traefik's log.
 */
export function shortAddressRule(baseUrl: string, content: readonly ContentEntry[]): string {
  const [first] = content;
  if (!first) return "";
  const entryPoints = baseUrl.startsWith("https:") ? ["http", "https"] : ["http"];
  const targets: [path: string, target: string][] = [
    [START, link(baseUrl, first)],
    ...Object.entries(links(baseUrl, content)),
  ];
  return targets
    .flatMap(([path, target]) => [
      `[http.routers.workshop-link-${path}]`,
      `entryPoints = ${JSON.stringify(entryPoints)}`,
      `rule = ${toml(`Path(\`/${path}\`)`)}`,
      `priority = ${PRIORITY}`,
      `middlewares = ["workshop-link-${path}"]`,
      `service = "noop@internal"`,
      "",
      `[http.middlewares.workshop-link-${path}.redirectRegex]`,
      `regex = "^.*$"`,
      // A dollar would be a group of the expression.
      `replacement = ${toml(target.replaceAll("$", "$$$$"))}`,
      "",
    ])
    .join("\n");
}

/** What the hub's pages list, as JSON: the names, which are addresses on the hub, too. Empty without content. */
export function linkList(content: readonly ContentEntry[]): string {
  return content.length === 0 ? "" : `${JSON.stringify(content.map(({ name }) => name))}\n`;
}
