/** aws.route53.getZone, by name or id. */

import {
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
  type HostedZone,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import { given } from "./arguments";
import { doing, found } from "./errors";
import type { Lookup } from "./filters";

const READING = "reading Route 53 Hosted Zone";

function plain(name: string | undefined): string {
  return (name ?? "").toLowerCase().replace(/\.$/, "");
}

async function zonesOf(client: Route53Client): Promise<HostedZone[]> {
  const zones: HostedZone[] = [];
  for await (const page of paginateListHostedZones({ client }, {})) {
    zones.push(...(page.HostedZones ?? []));
  }
  return zones;
}

function one(zones: readonly HostedZone[]): HostedZone {
  const [zone, another] = zones;
  if (zone === undefined) throw new Error("no matching Route 53 Hosted Zone found");
  if (another !== undefined) {
    throw new Error(
      "multiple Route 53 Hosted Zones matched; use additional constraints to reduce matches to a single Route 53 Hosted Zone",
    );
  }
  return zone;
}

export const getZone: Lookup = async (args, session) => {
  const client = session.route53();
  const name = given<string>(args, "name");
  const id = given<string>(args, "zoneId");
  const privateZone = args["privateZone"] === true;
  if ((name === undefined) === (id === undefined)) {
    throw new Error("exactly one of `name,zoneId` is imitated by the rehearsal's stand-in");
  }
  const zones = (await doing(READING, zonesOf(client))).filter(
    (zone) =>
      (id === undefined || zone.Id === `/hostedzone/${id}`) &&
      (name === undefined ||
        (plain(zone.Name) === plain(name) && (zone.Config?.PrivateZone ?? false) === privateZone)),
  );
  const zone = one(zones);
  const zoneId = (zone.Id ?? "").replace("/hostedzone/", "");
  const details = await doing(READING, client.send(new GetHostedZoneCommand({ Id: zoneId })));
  const sets = await found(
    client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zoneId })),
  );
  const start = sets?.ResourceRecordSets?.find(({ Type }) => Type === "SOA");
  return {
    ...args,
    id: zoneId,
    zoneId,
    arn: `arn:aws:route53:::hostedzone/${zoneId}`,
    callerReference: zone.CallerReference ?? "",
    comment: zone.Config?.Comment ?? "",
    linkedServiceDescription: "",
    linkedServicePrincipal: "",
    name: plain(zone.Name),
    nameServers: details.DelegationSet?.NameServers ?? [],
    primaryNameServer: plain(start?.ResourceRecords?.[0]?.Value?.split(" ")[0]),
    privateZone: zone.Config?.PrivateZone ?? false,
    resourceRecordSetCount: zone.ResourceRecordSetCount ?? 0,
    tags: {},
  };
};
