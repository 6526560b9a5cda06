/** How GitHub answers: who may read or write what with which token. Pure. */

import { hashOf, type Model, type Repository, type Token } from "./model";

/** Why a request is not let through. */
export interface Refusal {
  status: 301 | 401 | 403 | 404;
  /** Git shows it behind `remote:`. */
  body: string;
  /** Of a repository that was renamed. */
  movedTo?: string;
}

/** Who asks. `bad`: with credentials that are none, or with a token that is no longer one. */
export type Caller =
  { kind: "nobody" } | { kind: "bad"; token?: Token } | { kind: "token"; token: Token };

/** The header `Authorization`: git sends user and token (Basic), programs the token. */
export function callerOf(model: Model, authorization: string | undefined, now: Date): Caller {
  if (authorization === undefined) return { kind: "nobody" };
  const [scheme = "", rest = ""] = authorization.split(/\s+(.*)/s);
  const words =
    scheme.toLowerCase() === "basic"
      ? Buffer.from(rest, "base64").toString("utf8").split(/:(.*)/s)
      : ["", rest];
  // A token may stand in the place of either.
  const hashes = words.slice(0, 2).filter(Boolean).map(hashOf);
  const token = model.tokens.find(({ hash }) => hashes.includes(hash));
  if (!token) return { kind: "bad" };
  if (!isValid(token, now)) return { kind: "bad", token };
  return { kind: "token", token };
}

/** Neither revoked nor expired. */
export function isValid({ revoked, expires }: Token, now: Date): boolean {
  return !revoked && (expires === undefined || new Date(expires) > now);
}

/** Names are the same in whichever case. */
export function findRepository(model: Model, path: string): Repository | undefined {
  return model.repositories.find((one) => one.path.toLowerCase() === path.toLowerCase());
}

function presentPath(model: Model, path: string): string | undefined {
  const found = Object.entries(model.moved).find(
    ([former]) => former.toLowerCase() === path.toLowerCase(),
  );
  return found?.[1];
}

/** Why a token opens a private repository to nobody, if it does. */
function hindrance(token: Token, repository: Repository, writes: boolean): Refusal | undefined {
  const notFound: Refusal = { status: 404, body: "Repository not found." };
  const [owner = ""] = repository.path.split("/");
  const isOrganisations = owner !== token.account;
  if (!repository.members.includes(token.account)) return notFound;
  if (token.kind === "classic") {
    if (!token.scopes.includes("repo")) return notFound;
    if (token.approved || !isOrganisations) return undefined;
    return {
      status: 403,
      body: `The '${owner}' organization has enabled or enforced SAML SSO. To access this repository, you must re-authorize your personal access token.`,
    };
  }
  if (!token.repositories.includes(repository.path)) return notFound;
  if (isOrganisations && !token.approved) {
    return {
      status: 403,
      body: `The '${owner}' organization has not approved this fine-grained personal access token.`,
    };
  }
  if (writes && !token.writes) {
    return { status: 403, body: "Write access to repository not granted." };
  }
  return undefined;
}

/** Whether a request of git's may pass: the repository, or why not. */
export function decide(
  model: Model,
  caller: Caller,
  path: string,
  writes: boolean,
): Repository | Refusal {
  if (caller.kind === "bad") {
    return {
      status: 401,
      body: "Invalid username or token. Password authentication is not supported for Git operations.",
    };
  }
  const named = findRepository(model, path);
  // One that is there now has the name, whatever had it before.
  const moved = named ? undefined : presentPath(model, path);
  const repository = moved === undefined ? named : findRepository(model, moved);
  const isOpen = repository !== undefined && !repository.isPrivate && !writes;
  if (!isOpen && caller.kind === "nobody") return { status: 401, body: "Repository not found." };
  if (!repository) return { status: 404, body: "Repository not found." };
  if (!isOpen && caller.kind === "token") {
    const refusal = hindrance(caller.token, repository, writes);
    // A public repository is no secret.
    const isSecret = repository.isPrivate || refusal?.status !== 404;
    if (refusal && isSecret) return refusal;
    if (refusal) {
      const { account } = caller.token;
      return { status: 403, body: `Permission to ${repository.path}.git denied to ${account}.` };
    }
  }
  return moved === undefined
    ? repository
    : { status: 301, body: `Moved to ${moved}`, movedTo: moved };
}

export function isRefusal(answer: Repository | Refusal): answer is Refusal {
  return "status" in answer;
}
