/** aws.route53.Record: simple records, without an alias or a routing policy. */

import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ChangeAction,
  type ResourceRecordSet,
  type Route53Client,
  type RRType,
} from "@aws-sdk/client-route-53";
import type { Values } from "../base";
import { oneOf, textOf, wholeNumber } from "./arguments";
import { found } from "./errors";
import type { Definition } from "./resource";

const TYPES = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"];

/** The whole name of a record: inside its zone a name may be given without the zone's. */
export function fullName(name: string, zone: string): string {
  const [own, parent] = [name, zone].map((one) => one.toLowerCase().replace(/\.$/, ""));
  if (own === "") return parent ?? "";
  return own === parent || own?.endsWith(`.${parent}`) ? own : `${own}.${parent}`;
}

/** Zone, name and type in a record's id: `Z0123456789_www.example.org_A`. */
function partsOf(id: string): Values {
  const [zoneId, ...rest] = id.split("_");
  return { zoneId, name: rest.slice(0, -1).join("_"), type: rest.at(-1) };
}

/** Route 53 wants text in quotes, the provider's user writes it without. */
function asSent(type: string, value: string): string {
  return type === "TXT" ? `"${value}"` : value;
}

function asGiven(type: string, value: string): string {
  return type === "TXT" ? value.replace(/^"|"$/g, "") : value;
}

async function zoneName(client: Route53Client, values: Values): Promise<string | undefined> {
  const Id = textOf(values, "zoneId");
  const answer = await found(client.send(new GetHostedZoneCommand({ Id })));
  return answer?.HostedZone?.Name;
}

/** The record as Route 53 has it now. */
async function live(client: Route53Client, values: Values): Promise<ResourceRecordSet | undefined> {
  const zone = await zoneName(client, values);
  if (zone === undefined) return undefined;
  const [name, type] = [`${fullName(textOf(values, "name"), zone)}.`, textOf(values, "type")];
  const { ResourceRecordSets: sets = [] } = await client.send(
    new ListResourceRecordSetsCommand({
      HostedZoneId: textOf(values, "zoneId"),
      StartRecordName: name,
      StartRecordType: type as RRType,
    }),
  );
  return sets.find((one) => one.Name === name && one.Type === type);
}

async function change(
  client: Route53Client,
  zoneId: string,
  Action: ChangeAction,
  ResourceRecordSet: ResourceRecordSet,
): Promise<void> {
  const ChangeBatch = { Comment: "Managed by Pulumi", Changes: [{ Action, ResourceRecordSet }] };
  await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch }));
}

/** Brings a record to what the inputs say. */
async function put(client: Route53Client, inputs: Values, action: ChangeAction): Promise<void> {
  const type = textOf(inputs, "type");
  const zone = (await zoneName(client, inputs)) ?? "";
  await change(client, textOf(inputs, "zoneId"), action, {
    Name: `${fullName(textOf(inputs, "name"), zone)}.`,
    Type: type as RRType,
    TTL: inputs["ttl"] as number,
    ResourceRecords: (inputs["records"] as string[]).map((value) => ({
      Value: asSent(type, value),
    })),
  });
}

export const record: Definition = {
  label: "Route53 Record",
  arguments: {
    allowOverwrite: {},
    name: {
      required: true,
      replaces: true,
      canonical: (value) => String(value).toLowerCase().replace(/\.$/, ""),
    },
    records: { required: true, set: true },
    ttl: { ...wholeNumber(0, 2_147_483_647), required: true },
    type: { ...oneOf(...TYPES), required: true, replaces: true },
    zoneId: { required: true, replaces: true },
  },
  attributes: ["fqdn"],
  tagged: false,
  timeouts: { create: 30, update: 30, delete: 30 },

  async create(inputs, { route53 }) {
    await put(route53(), inputs, inputs["allowOverwrite"] === true ? "UPSERT" : "CREATE");
    const [zoneId, name, type] = ["zoneId", "name", "type"].map((key) => textOf(inputs, key));
    return `${zoneId}_${(name ?? "").toLowerCase().replace(/\.$/, "")}_${type}`;
  },

  async look(_id, inputs, { route53 }) {
    const now = await live(route53(), inputs);
    if (now === undefined) return undefined;
    const type = textOf(inputs, "type");
    return {
      fqdn: now.Name?.replace(/\.$/, ""),
      name: inputs["name"],
      records: (now.ResourceRecords ?? []).map(({ Value = "" }) => asGiven(type, Value)),
      ttl: now.TTL,
      type,
      zoneId: inputs["zoneId"],
    };
  },

  fromId: partsOf,

  async update(_id, { news, changed }, { route53 }) {
    // Whether the first creation might overwrite says nothing later.
    if (changed("records", "ttl")) await put(route53(), news, "UPSERT");
  },

  async remove(_id, state, { route53 }) {
    const now = await live(route53(), state);
    if (now !== undefined) await change(route53(), textOf(state, "zoneId"), "DELETE", now);
  },
};
