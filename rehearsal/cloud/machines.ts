import type { Desired } from "../machines/desired";
import { Fleet } from "../machines/fleet";
import type { Outside } from "../machines/homes";
import { cacheRoot, loadToolchain } from "../toolchain";
import { folderOf, type Settings } from "../folder";
import { ACME_HOSTS, PRIVATE_ACME_HOST } from "../acme/letsEncrypt";
import { GITHUB_HOSTS } from "../github/server";
import { SERVICES_ADDRESS } from "../machines/firewall";
import { TLS_PORT } from "../tls/front";
import path from "node:path";

/** Port on the machines' gateway that they reach as http://169.254.77.77/. */
export const SERVICES_PORT = 8077;

/** What the cloud needs of the machines. The real ones are a `Fleet`. */
export interface Machines {
  /** This computer's address on the machines' network; undefined when there is no network. */
  readonly gateway: string | undefined;
  /** Returns when all is as desired. */
  bringInLine(desired: Desired): Promise<void>;
  reboot(instanceId: string): Promise<void>;
  /** Tells running machines what is new of the world outside. */
  tell(): Promise<void>;
  /** Whether a running machine has a filesystem of the volume mounted. */
  isMounted(volumeId: string): Promise<boolean>;
  /** Lets go of the machines, which go on running. */
  close(): Promise<void>;
}

/** No machine at all: AWS's answers alone, for what needs nothing more. */
export function noMachines(): Machines {
  return {
    gateway: undefined,
    bringInLine: async () => {},
    reboot: async () => {},
    tell: async () => {},
    isMounted: async () => false,
    close: async () => {},
  };
}

/** What machines have to know of the internet's stand-ins: see `Outside`. */
function outsideWorld(trusted: string): Outside {
  const hosts = [...GITHUB_HOSTS, ...Object.values(ACME_HOSTS), PRIVATE_ACME_HOST];
  return { trusted, hosts: `${SERVICES_ADDRESS} ${hosts.join(" ")}` };
}

/** The machines of a rehearsal, those that run already included. */
export async function openMachines(
  { name, machines }: Settings,
  log: (line: string) => void,
): Promise<Machines> {
  if (machines === "none") return noMachines();
  return Fleet.open({
    name,
    folder: folderOf(name).fleet,
    machineImage: loadToolchain().machineImage,
    packageCache: path.join(cacheRoot(), "machine-packages"),
    servicesPort: SERVICES_PORT,
    tlsPort: TLS_PORT,
    outside: outsideWorld(folderOf(name).trusted),
    log,
  });
}
