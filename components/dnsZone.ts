import * as route53 from "@pulumi/aws/route53";
import { awsFault, Refusal } from "./awsErrors";
import type { Settings } from "./config";

/**
 * Id of the zone in Route 53 that is named `dnsZone`; undefined where none is configured.
 *
 * @throws Refusal when there is no such public zone, or more than one
 */
export async function findZone(
  settings: Pick<Settings, "dnsZone" | "region" | "profile">,
): Promise<string | undefined> {
  const { dnsZone } = settings;
  if (dnsZone === undefined) return undefined;
  const mend = "pulumi config rm dnsZone (then dnsRecord is the text for IT)";
  const found = await route53
    .getZone({ name: dnsZone, privateZone: false })
    .catch((error: unknown) => {
      if (/multiple/i.test(String(error))) return "several" as const;
      if (/no matching|not found|couldn't find/i.test(String(error))) return "none" as const;
      throw awsFault(error, settings);
    });
  if (found === "several") {
    throw new Refusal([
      {
        wrong: "There is more than one public zone of this name in Route 53",
        received: `dnsZone ${dnsZone}`,
        allowed: "one: the others are asked by nobody and cost 0.50 USD a month each",
        mend: `aws route53 list-hosted-zones-by-name --dns-name ${dnsZone}, and delete those that the domain's registrar does not name; or ${mend}`,
      },
    ]);
  }
  if (found === "none") {
    throw new Refusal([
      {
        wrong: "There is no public zone of this name in Route 53",
        received: `dnsZone ${dnsZone}`,
        allowed: "a zone of this AWS account",
        mend,
      },
    ]);
  }
  return found.zoneId;
}
