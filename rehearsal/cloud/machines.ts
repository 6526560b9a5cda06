import type { Desired } from "../machines/desired";
import { Fleet } from "../machines/fleet";
import type { Outside } from "../machines/homes";
import { cacheRoot, loadToolchain } from "../toolchain";
import { folderOf, type Settings } from "../folder";
import { GITHUB_PORT } from "../github/server";
import { certificatesIn, HOSTS } from "../github/certificates";
import { SERVICES_ADDRESS } from "../machines/firewall";
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
    isMounted: async () => false,
    close: async () => {},
  };
}

/** What machines have to know of the internet's stand-ins: see `Outside`. */
async function outsideWorld(folder: string): Promise<Outside> {
  const { authority } = await certificatesIn(folder);
  return { authority, hosts: `${SERVICES_ADDRESS} ${HOSTS.join(" ")}` };
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
    tlsPort: GITHUB_PORT,
    outside: await outsideWorld(folderOf(name).github),
    log,
  });
}
