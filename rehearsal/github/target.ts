/** What a request asks for, read without any trust in it. Pure. */

/** What is asked for. */
export interface Target {
  /** Decoded, but otherwise as it came: nothing on the disk is looked for by it. */
  path: string;
  /** With its question mark; may be empty. */
  search: string;
  /** git-upload-pack, git-receive-pack, or empty. */
  service: string;
}

export function targetOf(raw: string): Target {
  const [before = "", ...rest] = raw.split("?");
  const search = rest.length === 0 ? "" : `?${rest.join("?")}`;
  const path = decoded(before);
  const last = path.split("/").at(-1) ?? "";
  const service = last === "refs" ? (new URLSearchParams(search).get("service") ?? "") : last;
  const isGits = ["git-upload-pack", "git-receive-pack"].includes(service);
  return { path, search, service: isGits ? service : "" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A token in the wrong place is still none for a log. */
export function withoutTokens(text: string): string {
  return text.replace(/(gh[a-z]|github_pat)_\w+/gi, "$1_…");
}
