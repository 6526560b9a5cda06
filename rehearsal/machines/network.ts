/** The machines' network: a podman network, its bridge, and the firewall's table. */

import { all, asRoot, tryAsRoot } from "./command";
import { tableText, type Behind, type Bridge } from "./firewall";
import { REHEARSAL_LABEL, type Names } from "./names";
import { chooseSubnet } from "./subnet";

/** Another rehearsal may take the same network between our look and our step. */
const CREATE_ATTEMPTS = 3;

/** What `podman network inspect` says, as far as it is used here. */
interface PodmanNetwork {
  network_interface: string;
  subnets?: { subnet: string; gateway: string }[];
}

interface Route {
  dst: string;
}

async function inspect(names: readonly string[]): Promise<PodmanNetwork[]> {
  if (names.length === 0) return [];
  return JSON.parse(await asRoot(["podman", "network", "inspect", ...names])) as PodmanNetwork[];
}

async function exists({ network }: Names): Promise<boolean> {
  return (await tryAsRoot(["podman", "network", "exists", network])).exitCode === 0;
}

/** Networks that podman or this computer's routes use already. */
async function takenRanges(): Promise<string[]> {
  const [list, routes] = await all([
    asRoot(["podman", "network", "ls", "--quiet"]),
    asRoot(["ip", "-json", "-4", "route", "show", "table", "all"]),
  ]);
  const networks = await inspect(list.split("\n").filter((name) => name !== ""));
  return [
    ...networks.flatMap(({ subnets = [] }) => subnets.map(({ subnet }) => subnet)),
    ...(JSON.parse(routes) as Route[]).map(({ dst }) => dst),
  ];
}

async function create({ network, rehearsal }: Names): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { cidr, gateway } = chooseSubnet(rehearsal, await takenRanges());
    try {
      await asRoot([
        ...["podman", "network", "create", "--label", `${REHEARSAL_LABEL}=${rehearsal}`],
        ...["--subnet", cidr, "--gateway", gateway, network],
      ]);
      return;
    } catch (failure) {
      if (attempt === CREATE_ATTEMPTS) throw failure;
    }
  }
}

/**
 * podman makes a network's bridge with the first container and removes it with the last. This one
 * is there from the start, for the services that listen on its address, and a cable that leads
 * nowhere keeps podman from removing it.
 */
async function holdBridge(names: Names, name: string, gateway: string): Promise<void> {
  const [plugged, loose] = names.cable;
  const script = `
    set -e
    [ -e "/sys/class/net/$1" ] || ip link add "$1" type bridge
    # Without an address of its own, a bridge takes that of a machine, and leaves with it.
    ip link set "$1" address "$5" up
    ip -4 addr replace "$2/24" brd + dev "$1"
    [ -e "/sys/class/net/$3" ] || ip link add "$3" type veth peer name "$4"
    ip link set "$3" master "$1" up
    ip link set "$4" up
    # Answers to a process that dialled an Elastic IP are for an address in 127.0.0.0/8.
    echo 1 >"/proc/sys/net/ipv4/conf/$1/route_localnet"
    echo 1 >/proc/sys/net/ipv4/ip_forward`;
  const mac = ["02", ...gateway.split(".").map((part) => Number(part).toString(16)), "01"];
  const hardware = mac.map((part) => part.padStart(2, "0")).join(":");
  await asRoot(["sh", "-c", script, "bridge", name, gateway, plugged, loose, hardware]);
}

/** One rehearsal's network, with all that this computer needs for it. */
export class Network {
  private constructor(
    private readonly names: Names,
    private readonly bridge: Bridge,
  ) {}

  /** Makes or finds it. A table that is there stays as it is; else nothing may pass yet. */
  static async open(
    names: Names,
    ports: Pick<Bridge, "servicesPort" | "tlsPort">,
  ): Promise<Network> {
    if (!(await exists(names))) await create(names);
    const [found] = await inspect([names.network]);
    const gateway = found.subnets?.[0]?.gateway ?? "";
    const interfaceName = found.network_interface;
    await holdBridge(names, interfaceName, gateway);
    const network = new Network(names, { interfaceName, gateway, ...ports });
    const { exitCode } = await tryAsRoot(["nft", "list", "table", "inet", names.table]);
    if (exitCode !== 0) await network.apply([]);
    return network;
  }

  /** This computer's address in it. */
  get gateway(): string {
    return this.bridge.gateway;
  }

  /** Puts the machines' rules in place of those before, at once. */
  async apply(machines: readonly Behind[]): Promise<void> {
    const text = tableText(this.names, this.bridge, machines);
    await asRoot(["nft", "-f", "-"], { input: text });
  }

  /** Removes network, bridge, cable and table, as far as they are there. */
  static async destroy(names: Names): Promise<void> {
    await tryAsRoot(["ip", "link", "delete", names.cable[0]]);
    if (await exists(names)) {
      const [found] = await inspect([names.network]);
      await asRoot(["podman", "network", "rm", "--force", names.network]);
      await tryAsRoot(["ip", "link", "delete", found.network_interface]);
    }
    await tryAsRoot(["nft", "delete", "table", "inet", names.table]);
  }
}
