/** Step 2.6 of the guide: the DNS record that IT is asked for. */

/** The A record as a line of a zone file (RFC 1035), which any DNS administrator understands. */
export function dnsRecord(domain: string | undefined, ttl: number, address: string): string {
  return domain
    ? `${domain}. ${ttl} IN A ${address}`
    : `none: no domain is configured, the address ${address} is used`;
}

/** Where participants go: by name if the server has one, else by address. */
export function serverUrl(domain: string | undefined, address: string): string {
  return `http://${domain ?? address}`;
}
