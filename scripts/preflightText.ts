/** What `npm run preflight` has found, for a person and for IT. Pure. */
import { serverNames } from "../components/dns";
import type { Settings } from "../components/config";
import { forStack, type Problem } from "../components/text";
import { table } from "./userText";

export type State = "green" | "yellow" | "red";

/** One thing that was looked at. */
export interface Row {
  check: string;
  state: State;
  found: string;
  /** What is allowed instead, where that is short. */
  allowed?: string;
  /** The command that mends it, of all that is not green. */
  mend?: string;
}

/** All that was found. */
export interface Report {
  stack: string;
  /** Whether nothing is red. */
  ready: boolean;
  rows: Row[];
  /** The lines for whoever runs network and DNS. */
  it: string[];
}

/** A row's lines are not folded: what is allowed is left out where it is a long list. */
const LONGEST_ALLOWED = 160;

export function redRow(check: string, { wrong, received, allowed, mend }: Problem): Row {
  const isShort = allowed !== undefined && allowed.length <= LONGEST_ALLOWED;
  const found = received ? `${wrong}: ${received}` : wrong;
  return { check, state: "red", found, ...(isShort && { allowed }), mend };
}

export function reportOf(stack: string, rows: readonly Row[], it: string[]): Report {
  const mended = rows.map((row) => ({
    ...row,
    ...(row.mend !== undefined && { mend: forStack(row.mend, stack) }),
  }));
  return { stack, ready: rows.every(({ state }) => state !== "red"), rows: mended, it };
}

/** Quotas of EC2: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html */
export const VCPU_QUOTA = "L-1216C47A";
export const ADDRESS_QUOTA = "L-0263D0A3";

/** Families that the quota of standard instances is about; the others have quotas of their own. */
export function isStandard(instanceType: string): boolean {
  return /^(a|c|d|h|i|m|r|t|z)\d/.test(instanceType) || /^(is|im)\d/.test(instanceType);
}

export interface QuotaUse {
  check: string;
  what: string;
  code: string;
  quota: number;
  /** By what is there already, of others and of this stack alike. */
  used: number;
  /** What this stack needs beside that. */
  more: number;
}

/**
 * @param where the end of AWS's command: region and profile
 */
export function quotaRow(use: QuotaUse, where: string): Row {
  const { check, what, code, quota, used, more } = use;
  const found = `${used} of ${quota} ${what} in use, ${more} more needed`;
  if (used + more <= quota) return { check, state: "green", found };
  return {
    check,
    state: "red",
    found,
    mend: `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${used + more}${where} (AWS takes hours to days), or end what is not needed any more`,
  };
}

/** What came of trying a port: whether somebody answered there. */
export interface Way {
  port: number;
  host: string;
  isOpen: boolean;
}

/** The way out for SSH, by the port that is configured and, where that is closed, by the other one. */
export function wayRow(ways: readonly Way[], sshPort: number): Row {
  const said = ways.map(
    ({ port, host, isOpen }) => `port ${port} ${isOpen ? "is open" : "does not answer"} (${host})`,
  );
  const found = said.join(", ");
  const check = "way out for SSH";
  if (ways.some(({ port, isOpen }) => port === sshPort && isOpen)) {
    return { check, state: "green", found };
  }
  const other = ways.find(({ isOpen }) => isOpen);
  return {
    check,
    state: "red",
    found,
    mend: other
      ? `pulumi config set sshPort ${other.port}`
      : "another network (a phone's hotspot), then this command once more",
  };
}

/** What IT must do and allow, as it can be sent to them. */
export function itText(settings: Settings, address: string | undefined): string[] {
  const { domain, sshPort } = settings;
  const names = serverNames(settings, address ?? "(the address that the first pulumi up prints)");
  const asked = names.filter(({ isManaged }) => !isManaged);
  const where = domain ?? "the server's address";
  return [
    ...asked.map(({ record }) => `DNS record, and no AAAA record beside it: ${record}`),
    ...(names.length > 0 && asked.length === 0
      ? ["DNS record: none to make, Route 53 has the zone"]
      : []),
    ...(names.length === 0 ? ["DNS record: none, since no domain is configured"] : []),
    `Participants' network: outgoing TCP ${domain ? "443 and 80" : "80"} to ${where}, with WebSocket connections (Upgrade) let through and not cut after a minute`,
    `Organisers' network: outgoing TCP ${sshPort} (SSH) to the server, and 443 to AWS (*.amazonaws.com)`,
  ];
}

const SIGNS: Readonly<Record<State, string>> = { green: "✔", yellow: "!", red: "✖" };

export function reportText({ stack, rows, ready, it }: Report): string {
  const lines = rows.flatMap(({ check, state, found, allowed, mend }) => [
    [`${SIGNS[state]} ${check}`, found],
    ...(allowed === undefined || state === "green" ? [] : [["", `allowed: ${allowed}`]]),
    ...(mend === undefined || state === "green" ? [] : [["", `mend: ${mend}`]]),
  ]);
  const count = (state: State) => rows.filter((row) => row.state === state).length;
  const verdict = ready
    ? `Ready for: pulumi up --stack ${stack}${count("yellow") > 0 ? `, with ${count("yellow")} to look at` : ""}`
    : `Not ready: ${count("red")} red`;
  return [
    `Stack ${stack}; nothing was created`,
    table(lines),
    "",
    ...(it.length > 0 ? ["For IT:", ...it.map((line) => `  ${line}`), ""] : []),
    verdict,
  ].join("\n");
}
