/** The few parts of GitHub's REST API that tell of a token and of a repository. Pure. */

import { decide, isRefusal, type Caller } from "./access";
import type { Model, Token } from "./model";

export interface ApiAnswer {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/** `2026-12-24 17:03:00 UTC` */
export function expirationHeader(expires: string): string {
  return `${expires.slice(0, 19).replace("T", " ")} UTC`;
}

/** What every answer tells of the token it was asked with. */
function tokenHeaders({ kind, scopes, expires }: Token): Record<string, string> {
  return {
    ...(kind === "classic" && { "x-oauth-scopes": scopes.join(", ") }),
    ...(expires && { "github-authentication-token-expiration": expirationHeader(expires) }),
  };
}

export function answerApi(model: Model, caller: Caller, path: string): ApiAnswer {
  const documentation_url = "https://docs.github.com/rest";
  const refuse = (status: number, message: string): ApiAnswer => ({
    status,
    headers: caller.kind === "token" ? tokenHeaders(caller.token) : {},
    body: { message, documentation_url, status: String(status) },
  });
  if (caller.kind === "bad") return refuse(401, "Bad credentials");
  const headers = caller.kind === "token" ? tokenHeaders(caller.token) : {};
  if (path === "/rate_limit") {
    const limit = caller.kind === "token" ? 5000 : 60;
    return { status: 200, headers, body: { rate: { limit, remaining: limit, used: 0 } } };
  }
  if (path === "/user") {
    if (caller.kind !== "token") return refuse(401, "Requires authentication");
    return { status: 200, headers, body: { login: caller.token.account, type: "User" } };
  }
  const [, repository] = /^\/repos\/([^/]+\/[^/]+)$/.exec(path) ?? [];
  if (repository === undefined) return refuse(404, "Not Found");
  const found = decide(model, caller, repository, false);
  if (isRefusal(found)) {
    if (found.movedTo !== undefined) {
      const location = `https://api.github.test/repos/${found.movedTo}`;
      const moved = refuse(301, "Moved Permanently");
      return { ...moved, headers: { ...moved.headers, location } };
    }
    // The API doesn't tell whether a private one is there.
    return found.status === 403 ? refuse(403, found.body) : refuse(404, "Not Found");
  }
  const [, name] = found.path.split("/");
  const body = { full_name: found.path, name, private: found.isPrivate, default_branch: "main" };
  return { status: 200, headers, body };
}
