/** Who may reach port 22, with `me` looked up. */
import * as ipaddr from "ipaddr.js";
import { ConfigurationError } from "./config";
import type { SshSource } from "./network";
import type { Problem } from "./text";

const LIMIT_MS = 10_000;

/**
 * The sources of `sshCidrs`; `me` becomes the address that the service says this computer has.
 *
 * @throws ConfigurationError if the service does not answer with an IPv4 address
 */
export async function sshSources(
  cidrs: readonly string[],
  addressService: string,
): Promise<SshSource[]> {
  const unique = [...new Set(cidrs)];
  return Promise.all(
    unique.map(async (cidr) =>
      cidr === "me"
        ? { label: "me", cidr: `${await addressOfMe(addressService)}/32` }
        : { label: cidr.replace("/", "-"), cidr },
    ),
  );
}

async function addressOfMe(addressService: string): Promise<string> {
  const found = await ownAddress(addressService);
  if (typeof found === "string") return found;
  throw new ConfigurationError("This computer's address is not known", [found]);
}

/** Whether a list of sources surely has this computer in it, wherever that is. */
export function letsMeIn(cidrs: readonly string[]): boolean {
  return cidrs.includes("me") || cidrs.includes("0.0.0.0/0");
}

/** The IPv4 address that the service says this computer has, or what is wrong. */
export async function ownAddress(addressService: string): Promise<string | Problem> {
  const received = await fetch(addressService, { signal: AbortSignal.timeout(LIMIT_MS) })
    .then(async (answer) => (await answer.text()).trim().slice(0, 100))
    .catch((error: Error) => (error.cause instanceof Error ? error.cause : error).message);
  if (ipaddr.IPv4.isValidFourPartDecimal(received)) return received;
  const mend = "pulumi config set --path 'sshCidrs[0]' 203.0.113.7/32 (your own address)";
  if (ipaddr.IPv6.isValid(received)) {
    return {
      wrong: "This computer's address is an IPv6 one, and the server has IPv4 only",
      received: `${addressService}: ${received}`,
      allowed: "an IPv4 address; most networks have one beside that of IPv6",
      mend: `another network, or pulumi config set addressService to a service that is asked over IPv4; or ${mend}`,
    };
  }
  return {
    wrong: "The address service did not answer with an IPv4 address",
    received: `${addressService}: ${received}`,
    allowed: "a service that answers with the caller's address, or the address itself in sshCidrs",
    mend,
  };
}
