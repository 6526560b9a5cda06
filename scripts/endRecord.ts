/** What stays of a workshop: a folder with its outputs, its configuration and a page of text. Pure. */
import type { ShownConfig } from "./stackAws";
import type { Thing } from "../components/taggedThings";

/** Outputs as `pulumi stack output --json` shows them: without secrets. */
export type ShownOutputs = Record<string, unknown>;

export interface Recorded {
  stack: string;
  outputs: ShownOutputs;
  /** Without secrets. */
  config: ShownConfig;
  /** When the record was made, in ISO 8601. */
  at: string;
  /** Name to version: pulumi, node, the program's commit. */
  versions: Record<string, string>;
}

/** A value for a page: a text as it is, a list or a table in one line. */
function shown(value: unknown): string {
  if (typeof value === "string") return value.replace(/\n/g, "; ");
  if (Array.isArray(value)) return value.map(shown).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, one]) => `${key}: ${shown(one)}`)
      .join("; ");
  }
  return String(value);
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([key]) => key.length));
  return ["", title, ...rows.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`)];
}

/** Keys of the configuration without their namespace, those that are set. */
function settings(config: ShownConfig): [string, string][] {
  return Object.entries(config)
    .filter(([key]) => key.startsWith("tljh-workshop:") || /^aws:(region|profile)$/.test(key))
    .map(([key, one]): [string, string] => [
      key.replace("tljh-workshop:", ""),
      one?.value === undefined ? "[secret]" : one.value,
    ])
    .filter(([, value]) => !["", "[]"].includes(value));
}

/** The page for whoever makes the next workshop. */
export function recordText({ stack, outputs, config, at, versions }: Recorded): string {
  const rows = (names: readonly string[]): [string, string][] =>
    names.flatMap((name) => {
      const value = outputs[name];
      return value === undefined || value === null ? [] : [[name, shown(value)]];
    });
  const first = ["url", "region", "instanceType", "amiId", "publicIp", "dnsRecord", "account"];
  const hidden = [...first, "passwords", "passwordSeed", "sshPrivateKey", "sshKnownHosts"];
  const others = Object.keys(outputs).filter((name) => !hidden.includes(name));
  return [
    `Workshop ${stack}, as it was on ${at.slice(0, 10)}`,
    ...section("What it was", rows(first)),
    ...section("More of its outputs", rows(others)),
    ...section("Its configuration", settings(config)),
    ...section("Versions", Object.entries(versions)),
    "",
    "For the next workshop: copy the configuration, make a new token, and set the new days.",
    "",
  ].join("\n");
}

/** What only people can do after the end, a line each. */
export function leftToDo(stays: {
  stack: string;
  outputs: ShownOutputs;
  config: ShownConfig;
  /** Empty: it is revoked, or there was none. */
  tokenPage: string;
  /** Snapshots and images that go on costing money. */
  backups: readonly Pick<Thing, "id" | "monthly">[];
}): string[] {
  const { stack, outputs, config, tokenPage, backups } = stays;
  const lines: string[] = [];
  const record = typeof outputs["dnsRecord"] === "string" ? outputs["dnsRecord"] : "";
  const own = config["tljh-workshop:elasticIp"]?.value ?? "";
  const isOwn = own.startsWith("eipalloc-");
  if (tokenPage !== "") lines.push(`Revoke the token: ${tokenPage}`);
  if (record !== "" && !record.startsWith("none")) {
    const when = isOwn ? "When you give the address up, ask IT" : "Ask IT";
    lines.push(...record.split("\n").map((one) => `${when} to remove this DNS record: ${one}`));
  }
  if (isOwn) {
    const region = config["aws:region"]?.value ?? "";
    lines.push(
      `The Elastic IP ${own} is your own and goes on costing 0.005 USD an hour. To give it up: aws ec2 release-address --allocation-id ${own} --region ${region}`,
    );
  }
  if (backups.length > 0) {
    const sum = backups.reduce((all, { monthly = 0 }) => all + monthly, 0);
    lines.push(
      `Backups stay, for ${sum.toFixed(2)} USD a month: ${backups.map(({ id }) => id).join(", ")}. When nobody needs them: npm run sweep -- --stack ${stack} --remove --backups`,
    );
  }
  lines.push(
    `Throw away the key on this computer: rm -f ~/.ssh/${stack}.pem ~/.ssh/${stack}.known_hosts`,
    `Forget the stack, and keep its configuration: pulumi stack rm ${stack} --preserve-config`,
  );
  return lines;
}
