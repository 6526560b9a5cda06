/** The addresses that participants click: nbgitpuller's, and the short ones on the hub. */
import type { ContentEntry } from "./content";

/** What a link needs to know of an entry. */
export type Linked = Pick<ContentEntry, "url" | "branch" | "open" | "app" | "folder">;

/** Like `encodeURIComponent`, with the signs, too, that e-mail programs and shells take for their own. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Where an application shows a path, below a participant's own address. */
function view({ app, open }: Linked): string {
  if (app === "lab") return "lab/tree";
  if (/\.ipynb$/i.test(open)) return "notebooks";
  // What is no document has no ending; a folder such as v1.0 has none that begins with a letter.
  return /\.[a-z][a-z0-9]*$/i.test(open) ? "edit" : "tree";
}

/**
 * The path of nbgitpuller's address, below the hub's. Encoded twice where it ends as an address
 * within an address: nbgitpuller decodes it once and goes there, and the application decodes the rest.
 */
export function linkPath(entry: Linked): string {
  const { url, branch, open, folder } = entry;
  const parts = [folder, ...open.split("/")].filter((part) => part !== "");
  const urlpath = [view(entry), ...parts.map(encoded)].join("/");
  const asked = { repo: url, branch, urlpath };
  // nbgitpuller's own choice is the last part.
  const all = folder === url.split("/").at(-1) ? asked : { ...asked, targetpath: folder };
  const query = Object.entries(all).map(([key, value]) => `${key}=${encoded(value)}`);
  return `/hub/user-redirect/git-pull?${query.join("&")}`;
}

/**
 * The address that brings a participant's copy up to date and opens it.
 *
 * @param baseUrl of the hub, such as https://jupyter.example.org
 */
export function link(baseUrl: string, entry: Linked): string {
  return baseUrl.replace(/\/+$/, "") + linkPath(entry);
}

/** A text in TOML, whose basic strings know JSON's escapes. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/** The short words and where each leads: `start` and the names, in order. */
export function shortPaths(content: readonly ContentEntry[]): [word: string, path: string][] {
  const named = content.map((entry): [string, string] => [entry.name, linkPath(entry)]);
  const [first] = named;
  return first ? [["start", first[1]], ...named] : [];
}

/** The entry points of Traefik in `linksRule`, as the script on the server replaces them. */
export const HTTP_ONLY = 'entryPoints = ["http"]';

/**
 * Traefik's rule for short addresses. Exactly these paths, in small letters or large: nothing of the
 * hub's is hidden. Empty when there are none.
 */
export function linksRule(content: readonly ContentEntry[]): string {
  const short = shortPaths(content);
  if (short.length === 0) return "";
  const words = short.map(([word]) => word).join("|");
  const middlewares = short.flatMap(([word, path]) => [
    `[http.middlewares.workshop-link-${word}.redirectRegex]`,
    `regex = ${toml(`(?i)^[a-z]+://[^/]+/${word}/?(\\?.*)?$`)}`,
    `replacement = ${toml(path.replaceAll("$", "$$$$"))}`,
    "",
  ]);
  return [
    "[http.routers.workshop-links]",
    HTTP_ONLY,
    `rule = ${toml(`PathRegexp(\`(?i)^/(${words})/?$\`)`)}`,
    "priority = 1000",
    `middlewares = [${short.map(([word]) => toml(`workshop-link-${word}`)).join(", ")}]`,
    'service = "noop@internal"',
    "",
    ...middlewares,
  ].join("\n");
}

const HTML: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function html(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => HTML[sign] ?? "");
}

/** The list of links on the hub's pages, in HTML. Empty when there are none. */
export function linksList(content: readonly ContentEntry[]): string {
  if (content.length === 0) return "";
  const items = content.map(({ name, path, open }) => {
    const what = open === "" ? path : open;
    return `<a href="/${html(name)}" title="${html(what)}"><strong>${html(name)}</strong></a>`;
  });
  return `Course material: ${items.join(" · ")}\n`;
}
