/** Whether a token of git's is really refused, asked as git asks: every host understands that. */
import type { StackServer } from "./stackServer";

export interface TokenPlace {
  /** Of the repositories, such as github.com. */
  host: string;
  /** Address of a repository that the token could read. */
  repository: string;
  username: string;
  token: string;
}

/** `unknown`: the host did not say. */
export type TokenState = "refused" | "accepted" | "unknown";

/** What an HTTP status says of a token. */
export function stateOf(status: number): TokenState {
  if (status === 401 || status === 403) return "refused";
  return status >= 200 && status < 300 ? "accepted" : "unknown";
}

const SECONDS = 20;

function question({ repository, username, token }: TokenPlace) {
  const login = Buffer.from(`${username}:${token}`, "utf8").toString("base64");
  return {
    url: `${repository.replace(/(\.git)?\/*$/, "")}.git/info/refs?service=git-upload-pack`,
    header: `Authorization: Basic ${login}`,
  };
}

/**
 * Asks from the server, which reaches the host as the course does.
 *
 * @param server undefined: it is gone, and this computer asks
 */
export async function askToken(
  place: TokenPlace,
  server: StackServer | undefined,
): Promise<TokenState> {
  const { url, header } = question(place);
  try {
    if (server) {
      const { stdout } = await server.run(
        "token-state",
        { URL: url, HEADER: header },
        { limitSeconds: SECONDS + 5 },
      );
      return stateOf(Number(stdout.trim()));
    }
    const headers = { authorization: header.replace("Authorization: ", "") };
    const signal = AbortSignal.timeout(SECONDS * 1000);
    return stateOf((await fetch(url, { headers, signal })).status);
  } catch {
    return "unknown";
  }
}
