/** Who may reach SSH: what is to stand in the configuration, and what is shown of what is in force. */
import * as ipaddr from "ipaddr.js";
import { formatProblem } from "../components/text";
import type { DoorsRequest } from "./doorsArguments";

/** A rule of the security group that lets somebody in. */
export interface Door {
  /** `me`, or the range in the rule's name; undefined for one that is not for SSH. */
  label?: string;
  cidr: string;
  port: number;
}

/** What `pulumi stack export` prints, as far as it is used here. */
export interface Exported {
  deployment?: {
    resources?: { urn: string; type: string; delete?: boolean; inputs?: Record<string, unknown> }[];
  };
}

const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

/** The rules in a stack's state. */
export function doorsOf({ deployment }: Exported): Door[] {
  return (deployment?.resources ?? [])
    .filter(({ type, delete: isGoing }) => type === RULE && !isGoing)
    .map(({ urn, inputs = {} }) => {
      const [, label] = /-ssh-(me|[0-9.]+-[0-9]+)$/.exec(urn) ?? [];
      return {
        ...(label !== undefined && { label: label.replace(/-(?=\d+$)/, "/") }),
        cidr: String(inputs["cidrIpv4"]),
        port: Number(inputs["fromPort"]),
      };
    });
}

/**
 * The sources that `sshCidrs` shall have.
 *
 * @throws Error when what shall be closed is not open, or what shall be open for a time is so for good
 */
export function wantedSources(now: readonly string[], request: DoorsRequest): string[] {
  const { do: verb, source, forMinutes } = request;
  if (verb === "list") return [...now];
  if (verb === "close" && source === undefined) return [];
  const isThere = now.includes(source ?? "");
  const held = `sshCidrs: ${now.join(", ") || "nobody"}`;
  if (verb === "close" && !isThere) {
    throw new Error(
      formatProblem({
        wrong: `${source} is not in sshCidrs, so that it cannot be closed`,
        received: held,
        allowed: now.join(", ") || "nothing: SSH is closed to everybody",
        mend: "npm run doors -- list",
      }),
    );
  }
  if (verb === "open" && isThere && forMinutes !== undefined) {
    throw new Error(
      formatProblem({
        wrong: `${source} is open for good, and would be closed at the end of the time`,
        received: held,
        allowed: "--for with what is not in sshCidrs",
        mend: `npm run doors -- close ${source}, then open it for a time`,
      }),
    );
  }
  return verb === "close"
    ? now.filter((one) => one !== source)
    : [...new Set([...now, source ?? ""])];
}

/** Whether an address is in one of the ranges. */
export function isLetIn(address: string, doors: readonly Door[]): boolean {
  return doors.some(({ cidr }) => ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr)));
}

/**
 * Who gets in, for a person.
 *
 * @param address of this computer; undefined: not known
 */
export function listText(
  doors: readonly Door[],
  address: string | undefined,
  port: number,
): string {
  const ssh = doors.filter(({ label }) => label !== undefined);
  const web = doors.filter(({ label }) => label === undefined);
  const rows = ssh.map(({ label, cidr }) =>
    label === "me" ? `  ${cidr}  (me: this computer's address when it was set)` : `  ${cidr}`,
  );
  return [
    rows.length > 0
      ? `SSH (port ${port}) is open to:`
      : `SSH (port ${port}) is closed to everybody`,
    ...rows,
    ...web.map(({ cidr, port: one }) => `Port ${one} is open to ${everybody(cidr)}`),
    hereText(ssh, address),
  ].join("\n");
}

function everybody(cidr: string): string {
  return cidr === "0.0.0.0/0" ? "everybody" : cidr;
}

function hereText(ssh: readonly Door[], address: string | undefined): string {
  if (address === undefined) return "This computer's address is not known";
  if (isLetIn(address, ssh)) return `This computer (${address}) is let in`;
  return `This computer (${address}) is not let in: npm run doors -- open`;
}
