/** Which calls were seen, by access key and in the words of IAM policies. */

import type { Call } from "./call";

/** Calls of one access key: action to number of times. */
export interface SeenCalls {
  allowed: Record<string, number>;
  refused: Record<string, number>;
  /** What changing calls of EC2 have made, and what they were about, by action; see `things.ts`. */
  made: Record<string, string[]>;
  about: Record<string, string[]>;
}

/** What one call makes, and what it is about. */
export type Things = Record<"made" | "about", readonly string[]>;

const FORBIDDEN = 403;

export class Seen {
  private readonly byKey = new Map<string, SeenCalls>();

  /** Notes a call with the status of its answer. */
  note(call: Call, status: number, things: Things = { made: [], about: [] }): void {
    const key = keyOf(call);
    const calls = this.byKey.get(key) ?? { allowed: {}, refused: {}, made: {}, about: {} };
    this.byKey.set(key, calls);
    for (const kind of ["made", "about"] as const) {
      const known = calls[kind][call.action] ?? [];
      const all = [...new Set([...known, ...things[kind]])].sort();
      if (all.length > 0) calls[kind][call.action] = all;
    }
    const table = status === FORBIDDEN ? calls.refused : calls.allowed;
    for (const action of actionsOf(call)) table[action] = (table[action] ?? 0) + 1;
  }

  all(): Record<string, SeenCalls> {
    return Object.fromEntries(this.byKey);
  }
}

/** Access key of a call. */
export function keyOf(call: Call): string {
  return /Credential=([^/]+)\//.exec(call.headers.authorization ?? "")?.[1] ?? "";
}

/**
 * What a policy must allow for a call. Most calls are one action of the same name; tags that come
 * with a new thing are an action of their own:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
 */
export function actionsOf(call: Call): string[] {
  if (call.service === "s3") return s3Actions(call);
  if (call.service === "route53") return [`route53:${route53Action(call)}`];
  if (call.service === "scheduler") return schedulerActions(call);
  const action = `${call.service}:${call.action}`;
  const tags = [...call.parameters.keys()].some((name) => name.startsWith("TagSpecification."));
  return tags && call.service === "ec2" ? [action, "ec2:CreateTags"] : [action];
}

/** Sub-resources such as `?versioning` have actions of their own; `list-type` and the like have none. */
const SUBRESOURCE =
  /^(acl|cors|encryption|lifecycle|logging|object-lock|policy|publicAccessBlock|tagging|versioning|versions|website)$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
function s3Actions({ method, url, headers }: Call): string[] {
  const { pathname, searchParams } = new URL(url, "http://s3");
  const [, , ...key] = pathname.split("/");
  const part = [...searchParams.keys()].find((name) => SUBRESOURCE.test(name));
  if (part !== undefined) return [`s3:${method} ?${part}`];
  const read = method === "GET" || method === "HEAD";
  if (key.join("") === "") return [read ? "s3:ListBucket" : `s3:${method} bucket`];
  if (read) return ["s3:GetObject"];
  if (method === "DELETE") return ["s3:DeleteObject"];
  if (method !== "PUT") return [`s3:${method} object`];
  return headers["x-amz-copy-source"] === undefined
    ? ["s3:PutObject"]
    : ["s3:GetObject", "s3:PutObject"];
}

/** By method, of one schedule: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html */
const SCHEDULER: Readonly<Record<string, string>> = {
  DELETE: "DeleteSchedule",
  GET: "GetSchedule",
  POST: "CreateSchedule",
  PUT: "UpdateSchedule",
};

/** Who gives a schedule its role must be allowed to pass that on. */
function schedulerActions({ method, url }: Call): string[] {
  const { pathname } = new URL(url, "http://scheduler");
  if (!/^\/schedules\/[^/]+$/.test(pathname)) return [`scheduler:${method} ${pathname}`];
  const passes = method === "POST" || method === "PUT" ? ["iam:PassRole"] : [];
  return [`scheduler:${SCHEDULER[method] ?? method}`, ...passes];
}

/** Method and path of each call of Route 53 that the program makes; others stand as they are. */
const ROUTE_53: readonly [call: RegExp, action: string][] = [
  [/^POST \/hostedzone\/[^/]+\/rrset$/, "ChangeResourceRecordSets"],
  [/^GET \/hostedzone\/[^/]+\/rrset$/, "ListResourceRecordSets"],
  [/^GET \/hostedzone\/[^/]+$/, "GetHostedZone"],
  [/^GET \/hostedzone$/, "ListHostedZones"],
  [/^GET \/hostedzonesbyname$/, "ListHostedZonesByName"],
  [/^GET \/change\/[^/]+$/, "GetChange"],
  [/^GET \/tags\/hostedzone\/[^/]+$/, "ListTagsForResource"],
];

function route53Action({ method, url }: Call): string {
  const path = new URL(url, "http://route53").pathname.replace(/^\/[\d-]+/, "").replace(/\/$/, "");
  const found = ROUTE_53.find(([call]) => call.test(`${method} ${path}`));
  return found?.[1] ?? `${method} ${path}`;
}
