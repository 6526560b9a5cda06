/** Step 2.6 of the guide: names of the server, and the DNS records for them. */
import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import { isInZone, type HttpsSettings } from "./httpsConfig";

type NameSettings = Pick<HttpsSettings, "domain" | "extraDomains" | "dnsZone" | "dnsTtl">;

/** A name of the server and the A record that it needs. */
export interface ServerName {
  name: string;
  /** As a line of a zone file (RFC 1035), which any DNS administrator understands. */
  record: string;
  /** Whether the record is made in Route 53; else IT makes it. */
  isManaged: boolean;
}

/** All names of the server, the one that participants use first; none without a domain. */
export function serverNames(settings: NameSettings, address: string): ServerName[] {
  const { domain, extraDomains, dnsZone, dnsTtl } = settings;
  return [...(domain === undefined ? [] : [domain]), ...extraDomains].map((name) => ({
    name,
    record: `${name}. ${dnsTtl} IN A ${address}`,
    isManaged: dnsZone !== undefined && isInZone(name, dnsZone),
  }));
}

/** The text for IT: a line for each record that they must make. */
export function dnsRecord(settings: NameSettings, address: string): string {
  const names = serverNames(settings, address);
  if (names.length === 0) return `none: no domain is configured, the address ${address} is used`;
  const asked = names.filter((one) => !one.isManaged);
  return asked.length > 0
    ? asked.map((one) => one.record).join("\n")
    : `none: made in Route 53: ${names.map((one) => one.record).join(", ")}`;
}

/** Where participants go: by name if the server has one, else by address, unencrypted. */
export function serverUrl(domain: string | undefined, address: string): string {
  return domain === undefined ? `http://${address}` : `https://${domain}`;
}

export interface DnsArgs extends NameSettings {
  /** Of `dnsZone`; undefined: no record is made. */
  dnsZoneId?: string;
  publicIp: pulumi.Input<string>;
}

/**
 * Step 2.6 of the guide where the zone is in Route 53: an A record for each name that is in it.
 *
 * Costs nothing beside the zone's own 0.50 USD a month and the queries
 * (https://aws.amazon.com/route53/pricing/). A record that is there already is not overwritten: that
 * is an error. `pulumi destroy` removes the records and leaves the zone.
 */
export class Dns extends pulumi.ComponentResource {
  /** What must exist before the names can be looked at. */
  readonly records: pulumi.Resource[];

  constructor(name: string, args: DnsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Dns", name, {}, opts);
    const { dnsZoneId, dnsTtl, publicIp } = args;
    const managed = serverNames(args, "").filter((one) => one.isManaged);
    this.records =
      dnsZoneId === undefined
        ? []
        : managed.map(
            ({ name: domain }) =>
              new route53.Record(
                `${name}-record-${domain}`,
                {
                  zoneId: dnsZoneId,
                  name: domain,
                  type: "A",
                  ttl: dnsTtl,
                  records: [publicIp],
                },
                { parent: this },
              ),
          );
    this.registerOutputs({});
  }
}
