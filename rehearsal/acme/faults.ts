/** What Let's Encrypt says when it does not do as it is asked, in the words of its server Boulder. Pure. */

/**
 * none: all is well. refuse: its policy forbids the names. rateLimited: too many certificates.
 * caa: the name's CAA records forbid it to issue. down: connections end without an answer.
 */
export const FAULTS = ["none", "refuse", "rateLimited", "caa", "down"] as const;
export type Fault = (typeof FAULTS)[number];

/** An error as ACME has it (RFC 8555, section 6.7). */
export interface Problem {
  type: string;
  detail: string;
  status: number;
}

export const TYPE = "urn:ietf:params:acme:error:";
const RETRY_SECONDS = 3600;

/** What an order of these names is refused with, and further headers; undefined: it is taken. */
export function refusalOf(
  fault: Fault,
  names: readonly string[],
  now: Date,
): { problem: Problem; headers: Record<string, string> } | undefined {
  if (fault === "refuse") {
    const reason =
      "The ACME server refuses to issue a certificate for this domain name, because it is forbidden by policy";
    const detail = `Error creating new order :: Cannot issue for "${names[0] ?? ""}": ${reason}`;
    return { problem: { type: `${TYPE}rejectedIdentifier`, detail, status: 400 }, headers: {} };
  }
  if (fault === "rateLimited") {
    const again = new Date(now.getTime() + RETRY_SECONDS * 1000).toISOString();
    const when = `${again.slice(0, 10)} ${again.slice(11, 19)} UTC`;
    const limit = `too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after ${when}`;
    const page =
      "https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set-of-identifiers";
    return {
      problem: {
        type: `${TYPE}rateLimited`,
        detail: `Error creating new order :: ${limit}: see ${page}`,
        status: 429,
      },
      headers: { "retry-after": String(RETRY_SECONDS) },
    };
  }
  return undefined;
}
