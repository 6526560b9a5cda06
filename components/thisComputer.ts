/** Who may reach port 22, with `me` looked up. */
import * as ipaddr from "ipaddr.js";
import { ConfigurationError } from "./config";
import type { SshSource } from "./network";

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
        ? { label: "me", cidr: `${await ownAddress(addressService)}/32` }
        : { label: cidr.replace("/", "-"), cidr },
    ),
  );
}

async function ownAddress(addressService: string): Promise<string> {
  const received = await fetch(addressService, { signal: AbortSignal.timeout(LIMIT_MS) })
    .then(async (answer) => (await answer.text()).trim().slice(0, 100))
    .catch((error: Error) => (error.cause instanceof Error ? error.cause : error).message);
  if (ipaddr.IPv4.isValidFourPartDecimal(received)) return received;
  throw new ConfigurationError("This computer's address is not known", [
    {
      wrong: "The address service did not answer with an IPv4 address",
      received: `${addressService}: ${received}`,
      allowed:
        "a service that answers with the caller's address, or the address itself in sshCidrs",
      mend: "pulumi config set --path 'sshCidrs[0]' 203.0.113.7/32 (your own address)",
    },
  ]);
}
