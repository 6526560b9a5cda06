/** Machines as podman containers: real systemd, sshd and cloud-init on a disk of their own. */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { all, asRoot, tryAsRoot, type Finished } from "./command";
import { INSTANCE_LABEL, REHEARSAL_LABEL, type Names } from "./names";

/** Seconds that systemd has for an orderly shutdown. */
const STOP_SECONDS = 20;

/** Kernel limits that services such as sshd ask for; more than a container has by default. */
const LIMIT = "16384:16384";

/** A container of this rehearsal. */
export interface FoundContainer {
  instanceId: string;
  running: boolean;
  /** Of its init, if it runs; else 0. */
  pid: number;
}

/** All that a new container needs. Paths are of this computer. */
export interface NewContainer {
  instanceId: string;
  hostname: string;
  memoryMiB: number;
  privateAddress: string;
  /** Where its root volume is mounted. */
  root: string;
  /** Folder with cloud-init's seed. */
  seed: string;
  /** Folder of block devices, seen as /dev/disk/by-id. */
  devices: string;
  /** Folder seen as /var/lib/rehearsal. */
  outside: string;
  /** Folder seen as /var/cache/tljh-rehearsal. */
  packageCache: string;
  /** File for what its init writes. */
  log: string;
}

interface PodmanContainer {
  State: string;
  Pid: number;
  Labels: Record<string, string>;
}

/** All capabilities but not `--privileged`, which would show the machine this computer's disks. */
const PRIVILEGES = [
  "--cap-add=all",
  ...["seccomp=unconfined", "apparmor=unconfined", "label=disable", "unmask=/sys/dev/block"].map(
    (option) => `--security-opt=${option}`,
  ),
  // Loop devices: the volumes.
  "--device-cgroup-rule=b 7:* rwm",
];

/** An address that stays: a neighbour that knows the machine finds it again after a reboot. */
function hardwareAddress(privateAddress: string): string {
  const parts = privateAddress.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["02", "00", ...parts].join(":");
}

/** The containers of one rehearsal. */
export class Containers {
  constructor(private readonly names: Names) {}

  async list(): Promise<FoundContainer[]> {
    const filter = `label=${REHEARSAL_LABEL}=${this.names.rehearsal}`;
    const text = await asRoot(["podman", "ps", "--all", "--filter", filter, "--format", "json"]);
    return (JSON.parse(text) as PodmanContainer[]).map(({ State, Pid, Labels }) => ({
      instanceId: Labels[INSTANCE_LABEL],
      running: State === "running",
      pid: State === "running" ? Pid : 0,
    }));
  }

  async run(wanted: NewContainer): Promise<void> {
    const { instanceId, hostname, privateAddress, root, seed, devices, log } = wanted;
    const { outside, packageCache } = wanted;
    const memory = Math.min(wanted.memoryMiB, Math.floor(os.totalmem() / 2 ** 20));
    const init = fs.readFileSync(path.join(__dirname, "init.sh"), "utf8");
    await asRoot(
      [
        ...["podman", "--runtime", "runc", "run", "--detach"],
        ...["--name", this.names.container(instanceId), "--hostname", hostname],
        ...["--label", `${REHEARSAL_LABEL}=${this.names.rehearsal}`],
        ...["--label", `${INSTANCE_LABEL}=${instanceId}`],
        ...["--systemd=always", "--cgroupns=private", "--pids-limit=-1", ...PRIVILEGES],
        ...["--ulimit", `nofile=${LIMIT}`, "--ulimit", `nproc=${LIMIT}`],
        // As on a machine, and unlike in a container: ports below 1024 are root's.
        "--sysctl=net.ipv4.ip_unprivileged_port_start=1024",
        // No swap, as on EC2.
        ...[`--memory=${memory}m`, `--memory-swap=${memory}m`],
        // A reboot from inside ends the container with a failure; see init.sh.
        ...["--restart=on-failure", `--stop-timeout=${STOP_SECONDS}`],
        ...["--network", this.names.network, "--ip", privateAddress],
        ...["--mac-address", hardwareAddress(privateAddress)],
        ...["--log-driver=k8s-file", "--log-opt", `path=${log}`],
        ...["--volume", `${seed}:/var/lib/cloud/seed/nocloud:ro`],
        // A machine's /dev is new at each start; a folder of this computer is not.
        ...["--volume", `${devices}:/dev/disk/by-id:rw,dev`],
        ...["--volume", `${outside}:/var/lib/rehearsal:ro`],
        ...["--volume", `${packageCache}:/var/cache/tljh-rehearsal:rw`],
        ...["--rootfs", root, "/bin/sh", "-c", init],
      ],
      { mend: `see ${log}, then npm run dev` },
    );
  }

  /** Shuts the machine down in order, as far as it runs, and removes the container. */
  async remove(instanceId: string): Promise<void> {
    const name = this.names.container(instanceId);
    await asRoot(["podman", "stop", "--ignore", "--time", String(STOP_SECONDS), name]);
    await asRoot(["podman", "rm", "--force", "--ignore", "--time=0", name]);
  }

  /** Shuts the machine down in order and starts it again. */
  async restart(instanceId: string): Promise<void> {
    const name = this.names.container(instanceId);
    await asRoot(["podman", "restart", "--time", String(STOP_SECONDS), name]);
  }

  /** Runs a command as root in a running machine, whatever its exit status. */
  exec(instanceId: string, command: readonly string[], input?: string): Promise<Finished> {
    const name = this.names.container(instanceId);
    return tryAsRoot(["podman", "exec", "--interactive", name, ...command], input);
  }

  /** Removes all of them without waiting for their shutdown. */
  async destroy(): Promise<void> {
    const found = await this.list();
    const names = found.map(({ instanceId }) => this.names.container(instanceId));
    await all(
      names.map((name) => asRoot(["podman", "rm", "--force", "--ignore", "--time=0", name])),
    );
  }
}
