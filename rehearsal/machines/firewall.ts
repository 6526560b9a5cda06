/**
 * The kernel's rules that stand for Elastic IPs and security groups, as text for nft. All of a
 * rehearsal's rules are one table on this computer, out of the machines' reach.
 *
 * Elastic IPs are in 127.0.0.0/8, so whoever dials one is a process of this computer, and its
 * packets pass the hook `output`. There they are first held against the security group, while
 * they still bear the Elastic IP, then sent on to the machine. No process has to listen on the
 * Elastic IP, which could collide with a server of this computer on the same port.
 */

import type { Rule } from "./desired";
import type { Names } from "./names";

/** Where the services of the rehearsal are found from inside a machine, on ports 80 and 443. */
export const SERVICES_ADDRESS = "169.254.77.77";

/** A machine, as the firewall sees it. */
export interface Behind {
  /** In the machines' network. */
  privateAddress: string;
  /** Elastic IP. */
  address?: string;
  ingress: readonly Rule[];
  egress: readonly Rule[];
}

/** The machines' network, as the firewall sees it. */
export interface Bridge {
  interfaceName: string;
  gateway: string;
  /** Ports on the gateway that stand behind ports 80 and 443 of `SERVICES_ADDRESS`. */
  servicesPort: number;
  tlsPort: number;
}

/** One rule's condition in nft's words, without the range's. Empty: everything. */
function traffic({ protocol, fromPort, toPort }: Rule): string {
  switch (protocol) {
    case "-1":
      return "";
    case "icmp": {
      // AWS puts the ICMP type and code where the ports are; -1 is any.
      const code = toPort === -1 ? "" : ` icmp code ${toPort}`;
      return fromPort === -1 ? "meta l4proto icmp" : `icmp type ${fromPort}${code}`;
    }
    case "tcp":
    case "udp":
      if (fromPort === -1) return `meta l4proto ${protocol}`;
      return `${protocol} dport ${fromPort === toPort ? fromPort : `${fromPort}-${toPort}`}`;
  }
}

/** Lines that accept what the rules permit. `side` is where the rules' ranges are. */
function permitted(rules: readonly Rule[], side: "saddr" | "daddr"): string[] {
  const lines = rules.map((rule) => {
    const range = rule.cidr === "0.0.0.0/0" ? "meta nfproto ipv4" : `ip ${side} ${rule.cidr}`;
    return [range, traffic(rule), "accept"].filter((part) => part !== "").join(" ");
  });
  return [...new Set(lines)];
}

function chain(name: string, lines: readonly string[]): string[] {
  return [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), "  }"];
}

function suffix(address: string): string {
  return address.replaceAll(".", "_");
}

const RESET = "meta l4proto tcp reject with tcp reset";

/** To one Elastic IP. */
function toAddress(machine: Behind): string[] {
  return [
    // A connection to the machine that had this address before: AWS would leave it hanging.
    `ct state established ct reply ip saddr != ${machine.privateAddress} ${RESET}`,
    ...permitted(machine.ingress, "saddr"),
    // Cuts a connection that was permitted when it was made; a new one times out, as on AWS.
    `ct state established ${RESET}`,
    "drop",
  ];
}

/** Chains that every rehearsal has. */
function common(bridge: Bridge): string[] {
  const { interfaceName, gateway, servicesPort, tlsPort } = bridge;
  const inside = `iifname "${interfaceName}"`;
  const outside = `oifname "${interfaceName}"`;
  return [
    ...chain("before_all", [
      "type filter hook prerouting priority -300; policy accept;",
      // The bridge routes 127.0.0.0/8, for answers; no machine may use that to reach this
      // computer's own services.
      `${inside} ip daddr 127.0.0.0/8 drop`,
    ]),
    ...chain("services", [
      "type nat hook prerouting priority -100; policy accept;",
      `${inside} ip daddr ${SERVICES_ADDRESS} tcp dport 80 dnat ip to ${gateway}:${servicesPort}`,
      `${inside} ip daddr ${SERVICES_ADDRESS} tcp dport 443 dnat ip to ${gateway}:${tlsPort}`,
    ]),
    ...chain("answers_to_loopback", [
      "type nat hook postrouting priority 100; policy accept;",
      `${outside} ip saddr 127.0.0.0/8 masquerade`,
    ]),
    ...chain("to_this_computer", [
      "type filter hook input priority 0; policy accept;",
      `${inside} goto from_machines`,
    ]),
    ...chain("elsewhere", [
      "type filter hook forward priority 0; policy accept;",
      `${inside} goto from_machines`,
      `${outside} ct state established,related accept`,
      `${outside} drop`,
    ]),
  ];
}

/** What machines may send, each by the rules of its security groups. */
function fromMachines(gateway: string, machines: readonly Behind[]): string[] {
  return [
    "meta nfproto ipv6 drop",
    "ct direction reply accept",
    "ct state related accept",
    // AWS's resolver answers whatever the security groups say.
    `ip daddr ${gateway} meta l4proto { tcp, udp } th dport 53 accept`,
    `ct original ip daddr ${SERVICES_ADDRESS} accept`,
    // Here there is no metadata service, and the one of a cloud that this computer may itself be
    // in is none of the machines' business.
    `ip daddr 169.254.0.0/16 reject with icmp type host-unreachable`,
    ...machines.map(
      ({ privateAddress }) => `ip saddr ${privateAddress} goto from_${suffix(privateAddress)}`,
    ),
    "drop",
  ];
}

/**
 * The whole table, in one transaction that takes the place of the one before it.
 *
 * What it can't do: machines of one rehearsal reach each other by private address whatever their
 * security groups say, because such packets cross the bridge only, where not every kernel filters.
 */
export function tableText(
  { table }: Pick<Names, "table">,
  bridge: Bridge,
  machines: readonly Behind[],
): string {
  const withAddress = machines.filter(({ address }) => address !== undefined);
  const addressed = withAddress.map((machine) => ({ ...machine, address: machine.address ?? "" }));
  return [
    `table inet ${table} {}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    ...addressed.flatMap((machine) => chain(`to_${suffix(machine.address)}`, toAddress(machine))),
    ...machines.flatMap(({ privateAddress, egress }) =>
      chain(`from_${suffix(privateAddress)}`, [...permitted(egress, "daddr"), "drop"]),
    ),
    ...chain("from_machines", fromMachines(bridge.gateway, machines)),
    ...common(bridge),
    ...chain("security_groups", [
      "type filter hook output priority -150; policy accept;",
      ...addressed.map(({ address }) => `ip daddr ${address} goto to_${suffix(address)}`),
    ]),
    ...chain("elastic_addresses", [
      "type nat hook output priority -100; policy accept;",
      ...addressed.map(
        ({ address, privateAddress }) => `ip daddr ${address} dnat ip to ${privateAddress}`,
      ),
    ]),
    "}",
    "",
  ].join("\n");
}
