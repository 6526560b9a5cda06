/**
 * What a call of EC2 is about, and with which tags: what a policy's conditions look at. moto's own
 * check of rights knows actions only.
 */

import { DescribeTagsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import type { Call } from "./call";

/** The tag that policies of this project go by. */
const TAG = "project";
/** Ids of things that can have tags. */
const ID = /^(eipalloc|i|igw|rtb|sg|sgr|snap|subnet|vol|vpc)-[0-9a-f]{8,17}$/;

/** Kind of a thing by the beginning of its id. */
const KINDS: Readonly<Record<string, string>> = {
  eipalloc: "elastic-ip",
  i: "instance",
  igw: "internet-gateway",
  rtb: "route-table",
  sg: "security-group",
  sgr: "security-group-rule",
  snap: "snapshot",
  vol: "volume",
};

/** Such as `vpc project=tljh-workshop`. */
function described(kind: string, tags: Readonly<Record<string, string>>): string {
  return `${kind} ${TAG}=${tags[TAG] ?? "none"}`;
}

/** What a call makes, with the tags that come with it; empty for a call that makes nothing. */
export function madeBy(call: Call): string[] {
  const made = new Map<string, Record<string, string>>();
  const kinds = new Map<string, string>();
  for (const [name, value] of call.parameters) {
    const [, number = "", rest = ""] = /^TagSpecification\.(\d+)\.(.+)$/.exec(name) ?? [];
    if (rest === "ResourceType") kinds.set(number, value);
    const [, index] = /^Tag\.(\d+)\.Key$/.exec(rest) ?? [];
    if (index === undefined) continue;
    const tags = made.get(number) ?? {};
    tags[value] = call.parameters.get(`TagSpecification.${number}.Tag.${index}.Value`) ?? "";
    made.set(number, tags);
  }
  return [...kinds].map(([number, kind]) => described(kind, made.get(number) ?? {}));
}

/** What a call names that is there already, with the tags that it has. */
export async function namedBy(call: Call, ec2: EC2Client): Promise<string[]> {
  const ids = [...new Set([...call.parameters.values()].filter((value) => ID.test(value)))];
  if (ids.length === 0) return [];
  const Filters = [{ Name: "resource-id", Values: ids }];
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters }));
  return ids.map((id) => {
    const own = Tags.filter((one) => one.ResourceId === id && one.Key === TAG);
    const prefix = id.split("-")[0] ?? "";
    return described(KINDS[prefix] ?? prefix, own[0] ? { [TAG]: own[0].Value ?? "" } : {});
  });
}
