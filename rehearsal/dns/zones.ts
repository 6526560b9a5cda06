/** The hosted zones of Route 53, as they are now. */

import {
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
  type ListResourceRecordSetsCommandInput,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import { plainName, type RecordSet, type Zone } from "./records";

/** Route 53 writes a sign that is no letter, digit or hyphen as its octal number. */
function spelled(name: string): string {
  return plainName(
    name.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
  );
}

/** All public zones with all records but those that stand for another AWS resource. */
export async function readZones(client: Route53Client): Promise<Zone[]> {
  const zones: Zone[] = [];
  for await (const page of paginateListHostedZones({ client }, {})) {
    for (const { Id, Name = "", Config } of page.HostedZones ?? []) {
      if (Config?.PrivateZone === true) continue;
      zones.push({ name: spelled(Name), records: await readRecords(client, Id ?? "") });
    }
  }
  return zones;
}

async function readRecords(client: Route53Client, HostedZoneId: string): Promise<RecordSet[]> {
  const records: RecordSet[] = [];
  let from: Partial<ListResourceRecordSetsCommandInput> = {};
  for (;;) {
    const page = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId, ...from }));
    for (const { Name = "", Type = "", TTL = 0, ResourceRecords } of page.ResourceRecordSets ??
      []) {
      const values = (ResourceRecords ?? []).map(({ Value = "" }) => Value);
      if (values.length > 0) records.push({ name: spelled(Name), type: Type, ttl: TTL, values });
    }
    if (page.IsTruncated !== true) return records;
    from = { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType };
  }
}
