/** What the answers about a name mean for its certificate. Pure: dnsLook.ts asks. */
import type { Problem } from "../components/text";

/** What one name server said of a name. */
export interface ServerAnswer {
  /** Its name or address. */
  server: string;
  /** IPv4 addresses. */
  a: string[];
  /** IPv6 addresses. */
  aaaa: string[];
  /** Why it said nothing. */
  error?: string;
}

/** Who may issue certificates for a name (RFC 8659). */
export interface Caa {
  /** The name that has the records: the name itself, or one above it. */
  at: string;
  /** Values of `issue`. */
  issue: string[];
}

/** What is known of a name. */
export interface NameAnswers {
  name: string;
  servers: ServerAnswer[];
  /** Undefined: everybody may issue. */
  caa?: Caa;
  /** Why nobody could be asked. */
  error?: string;
}

/** Why a name cannot have a certificate now. */
export interface NameProblem extends Problem {
  /** Whether time alone may mend it, where the record has just been made. */
  mayPass: boolean;
}

/** What is asked of a name. */
export interface Wanted {
  /** IPv4 address of the server. */
  address: string;
  /** How the issuer is called in CAA records; undefined: not known, nothing is compared. */
  issuer?: string;
  /** The record that is wanted, as a line of a zone file. */
  record: string;
  /** Whether Pulumi makes the record. */
  isManaged: boolean;
}

/** The challenge by which Traefik proves a name (RFC 8737). */
const CHALLENGE = "tls-alpn-01";

/** Whether a CAA record's value lets this issuer use this challenge (RFC 8659, RFC 8657). */
function allows(value: string, issuer: string): boolean {
  const [domain = "", ...parameters] = value.split(";").map((part) => part.trim());
  if (domain.toLowerCase() !== issuer) return false;
  const methods = parameters.find((one) => /^validationmethods\s*=/i.test(one));
  return (
    methods === undefined ||
    methods
      .split("=")[1]
      .split(",")
      .some((m) => m.trim() === CHALLENGE)
  );
}

function said(server: ServerAnswer): string {
  const all = [...server.a, ...server.aaaa].sort();
  return `${server.server}: ${server.error ?? (all.length > 0 ? all.join(", ") : "no address")}`;
}

/**
 * Why a name cannot have a certificate now, or undefined. The text is the same as long as the
 * answers are.
 */
export function nameProblem(answers: NameAnswers, wanted: Wanted): NameProblem | undefined {
  const { name, servers, caa, error } = answers;
  const { address, issuer, record, isManaged } = wanted;
  const received = error ?? servers.map(said).join("; ");
  const ask = isManaged
    ? "pulumi up --refresh, which makes the record again"
    : `ask IT for this record: ${record}; then pulumi up`;
  const only = `${address} and nothing else, from every name server of the zone`;
  const problem = (wrong: string, mend = ask, allowed = only): NameProblem => ({
    wrong: `https://${name} ${wrong}`,
    received,
    allowed,
    mend,
    mayPass: true,
  });
  if (error !== undefined || servers.every((one) => one.error !== undefined)) {
    return problem(
      "cannot be judged: no name server of the zone answers",
      "pulumi up, where DNS can be asked; or name servers that answer here: pulumi config set --path 'dnsResolvers[0]' 192.0.2.53",
      "an answer from the zone's name servers",
    );
  }
  const known = servers.filter((one) => one.error === undefined);
  const foreign = known.flatMap((one) => one.aaaa);
  const isHere = (one: ServerAnswer) => one.a.length > 0 && one.a.every((it) => it === address);
  if (known.every((one) => one.a.length === 0) && foreign.length === 0) {
    return problem("does not exist yet: the name has no address");
  }
  if (foreign.length > 0) {
    const wrong =
      "has an IPv6 address, and the server has none: visitors and the issuer would go elsewhere";
    const mend = `ask IT to remove the AAAA record of ${name}; then pulumi up`;
    return { ...problem(wrong, mend), mayPass: false };
  }
  if (!known.every(isHere)) {
    return known.some(isHere)
      ? problem(
          "is not known everywhere yet: its name servers disagree",
          "pulumi up, in some minutes",
        )
      : problem("points elsewhere");
  }
  if (issuer !== undefined && caa && !caa.issue.some((value) => allows(value, issuer))) {
    return {
      wrong: `https://${name} may not have a certificate of ${issuer}: a CAA record forbids it`,
      received: `${caa.at} CAA issue ${caa.issue.map((value) => `"${value}"`).join(", ") || "(none)"}`,
      allowed: `0 issue "${issuer}" among them, without validationmethods or with ${CHALLENGE}`,
      mend: `ask IT for this record: ${caa.at}. IN CAA 0 issue "${issuer}"; then pulumi up`,
      mayPass: false,
    };
  }
  return undefined;
}
