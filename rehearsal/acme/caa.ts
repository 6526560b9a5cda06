/** Names whose CAA records forbid to issue: their challenges are taken up, and fail. */

import { TYPE, type Problem } from "./faults";

interface Challenge {
  url: string;
  status: string;
  error?: Problem;
}

export interface Authorization {
  status: string;
  identifier: { value: string };
  challenges: Challenge[];
}

/** An authorization as it looks when the name's CAA records forbid it: only the tried challenge is left. */
export function forbidden(authorization: Authorization, tried: Challenge): Authorization {
  const detail = `CAA record for ${authorization.identifier.value} prevents issuance`;
  const error = { type: `${TYPE}caa`, detail, status: 403 };
  return {
    ...authorization,
    status: "invalid",
    challenges: [{ ...tried, status: "invalid", error }],
  };
}

export class Caa {
  /** By path. */
  private readonly known = new Map<string, Authorization>();
  private readonly failed = new Map<string, Authorization>();

  /** What Pebble says of an authorization. */
  note(path: string, body: Buffer): void {
    this.known.set(path, JSON.parse(body.toString("utf8")) as Authorization);
  }

  /**
   * The answer to a request, if it is about a name that must not be looked at.
   *
   * @param forbids whether a challenge that is taken up now fails
   */
  answerTo(
    path: string,
    forbids: boolean,
  ): { body: object; headers?: Record<string, string> } | undefined {
    const failed = this.failed.get(path);
    if (failed !== undefined) return { body: failed };
    if (!forbids) return undefined;
    for (const [above, authorization] of this.known) {
      const tried = authorization.challenges.find(({ url }) => new URL(url).pathname === path);
      if (tried === undefined) continue;
      this.failed.set(above, forbidden(authorization, tried));
      const link = `<${new URL(above, tried.url).href}>;rel="up"`;
      return { body: { ...tried, status: "processing" }, headers: { link, "retry-after": "1" } };
    }
    return undefined;
  }
}
