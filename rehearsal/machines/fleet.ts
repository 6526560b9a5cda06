/** The EC2 machines of a rehearsal: containers, disks, network and firewall on this computer. */

import fs from "node:fs";
import path from "node:path";
import { all, asRoot, type Finished } from "./command";
import { Containers, type FoundContainer } from "./containers";
import type { Desired, DesiredCopy, DesiredMachine } from "./desired";
import { MachinesError } from "./errors";
import { Homes, type Outside } from "./homes";
import { isMountPoint, releaseLoopsBelow, unmountAt } from "./mounts";
import { Mutex } from "./mutex";
import { namesOf } from "./names";
import { Network } from "./network";
import { plan, type Attachment } from "./plan";
import { Volumes } from "./volumes";

/** What a fleet needs to know. */
export interface FleetOptions {
  /** Of the rehearsal, such as dev; part of the name and label of all that is made. */
  name: string;
  /** Where disks live; made if missing. */
  folder: string;
  /** Sparse ext4 file that root volumes are copied from; never written to. */
  machineImage: string;
  /** Folder of this computer that each machine sees as /var/cache/tljh-rehearsal. */
  packageCache: string;
  /** Port on the gateway address that machines reach as http://169.254.77.77/. */
  servicesPort: number;
  /** The same for https. */
  tlsPort: number;
  /** What machines are told of the world outside; none: nothing. */
  outside?: Outside;
  log: (line: string) => void;
}

function foldersIn(folder: string): Record<"machines" | "volumes" | "copies", string> {
  return {
    machines: path.join(folder, "machines"),
    volumes: path.join(folder, "volumes"),
    copies: path.join(folder, "copies"),
  };
}

/**
 * The machines of one rehearsal. All of them live without this object, and a new one of the same
 * name finds them again; there must be only one at a time.
 */
export class Fleet {
  private readonly mutex = new Mutex();

  private constructor(
    private readonly options: FleetOptions,
    private readonly network: Network,
    private readonly containers: Containers,
    private readonly homes: Homes,
    private readonly volumes: Volumes,
    /** Snapshots and images, by their ids. */
    private readonly copies: Volumes,
  ) {}

  /** Makes or finds the network and the firewall; machines that run stay as they are. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const names = namesOf(options.name);
    for (const folder of Object.values(foldersIn(options.folder))) {
      fs.mkdirSync(folder, { recursive: true });
    }
    fs.mkdirSync(options.packageCache, { recursive: true });
    // The kernel and podman name files by their real paths.
    const { machines, volumes, copies } = foldersIn(fs.realpathSync(options.folder));
    const network = await Network.open(names, options);
    const homes = new Homes(machines, network.gateway, options.outside);
    const disks = [new Volumes(volumes), new Volumes(copies)] as const;
    return new Fleet(options, network, new Containers(names), homes, ...disks);
  }

  /** This computer's address on the machines' network. */
  get gateway(): string {
    return this.network.gateway;
  }

  /** Makes machines, volumes and firewall be as desired; done when they are. */
  bringInLine(desired: Desired): Promise<void> {
    return this.mutex.run(async () => {
      const containers = await this.containers.list();
      const homes = this.homes.list();
      const steps = plan(desired, {
        containers: new Map(containers.map((one) => [one.instanceId, one])),
        homes,
        attached: new Map(
          homes.map((id) => [id, this.volumes.attached(this.homes.paths(id).devices)]),
        ),
        volumes: this.volumes.list(),
        copies: this.copies.list(),
      });
      for (const one of steps.copy) await this.copy(one);
      await all(steps.deleteCopies.map((id) => this.copies.delete(id)));
      await all(steps.stop.map((id) => this.stop(id, containers)));
      await all(steps.detach.map((one) => this.detach(one, containers)));
      await all(steps.forget.map((id) => this.homes.delete(id)));
      await all(steps.deleteVolumes.map((id) => this.volumes.delete(id)));
      await all(
        steps.blankVolumes.map(({ volumeId, sizeGiB, from }) =>
          this.volumes.ensure(volumeId, sizeGiB, this.copyFile(from)),
        ),
      );
      // Before a machine starts, so that it never sends what it may not.
      await this.network.apply(desired.machines.map((machine) => this.behind(machine)));
      const sizes = new Map(desired.volumes.map(({ volumeId, sizeGiB }) => [volumeId, sizeGiB]));
      await all(
        steps.start.map((machine) => this.prepare(machine, sizes.get(machine.rootVolumeId) ?? 0)),
      );
      for (const { instanceId, volumeId } of steps.attach) {
        await this.volumes.attach(volumeId, this.homes.paths(instanceId).devices);
      }
      await all(steps.start.map((machine) => this.start(machine)));
    });
  }

  /** Of what AWS knows and this computer never had, such as an image's own snapshot, there is none. */
  private copyFile(id: string | undefined): string | undefined {
    return id !== undefined && this.copies.has(id) ? this.copies.file(id) : undefined;
  }

  private async copy({ copyId, of }: DesiredCopy): Promise<void> {
    const source = this.volumes.has(of) ? this.volumes.file(of) : this.copyFile(of);
    if (source !== undefined) await this.copies.copy(source, copyId);
  }

  /** Shuts a machine down in order and starts it again. */
  reboot(instanceId: string): Promise<void> {
    return this.mutex.run(async () => {
      await this.running(instanceId);
      this.options.log(`machine ${instanceId}: reboots`);
      await this.containers.restart(instanceId);
    });
  }

  /** Tells the machines that run what is new of the world outside. */
  tell(): Promise<void> {
    return this.mutex.run(async () => {
      if (this.options.outside === undefined) return;
      const running = (await this.containers.list()).filter((one) => one.running);
      await all(running.map(({ instanceId }) => this.tellOne(instanceId)));
    });
  }

  /** One that cannot be told must not keep the others from being started. */
  private async tellOne(instanceId: string): Promise<void> {
    this.homes.tell(instanceId);
    const script = "/var/lib/rehearsal/outside.sh";
    const { exitCode, stderr } = await this.containers.exec(instanceId, ["sh", script]);
    if (exitCode !== 0) this.options.log(`machine ${instanceId}: ${script}: ${stderr.trim()}`);
  }

  /** Whether a running machine has this volume mounted, so that AWS would not detach it. */
  async isMounted(volumeId: string): Promise<boolean> {
    const containers = await this.containers.list();
    return this.isMountedIn(
      volumeId,
      containers.filter(({ running }) => running),
    );
  }

  /** Runs a command as root in a running machine, whatever its exit status. */
  async exec(instanceId: string, command: string[], input?: string): Promise<Finished> {
    await this.running(instanceId);
    return this.containers.exec(instanceId, command, input);
  }

  /** Waits for the work under way. Machines, network and firewall stay. */
  close(): Promise<void> {
    return this.mutex.run(async () => undefined);
  }

  /** Removes all that carries the rehearsal's name, in whatever state it is. */
  static async destroy(name: string, folder: string): Promise<void> {
    const names = namesOf(name);
    await new Containers(names).destroy();
    await Network.destroy(names);
    if (!fs.existsSync(folder)) return;
    const real = fs.realpathSync(folder);
    for (const part of Object.values(foldersIn(real))) {
      await unmountAt(part);
      await releaseLoopsBelow(part);
      await asRoot(["rm", "-rf", "--one-file-system", part]);
    }
    // Something of others may be in it.
    if (fs.readdirSync(real).length === 0) fs.rmdirSync(real);
  }

  private behind(machine: DesiredMachine): Parameters<Network["apply"]>[0][number] {
    const { instanceId, state, address } = machine;
    const rules = state === "running" ? machine : { ingress: [], egress: [] };
    const { ingress, egress } = rules;
    return { privateAddress: this.homes.privateAddress(instanceId), address, ingress, egress };
  }

  private async stop(instanceId: string, containers: readonly FoundContainer[]): Promise<void> {
    if (containers.some((one) => one.instanceId === instanceId)) {
      this.options.log(`machine ${instanceId}: stops`);
      await this.containers.remove(instanceId);
    }
    const { root } = this.homes.paths(instanceId);
    if (isMountPoint(root)) await unmountAt(root);
  }

  private async prepare(machine: DesiredMachine, rootGiB: number): Promise<void> {
    const { rootVolumeId, imageId } = machine;
    const { root } = await this.homes.prepare(machine);
    const image = this.copyFile(imageId) ?? this.options.machineImage;
    await this.volumes.ensureRoot(rootVolumeId, rootGiB, image);
    await this.volumes.mount(rootVolumeId, root);
  }

  private async start(machine: DesiredMachine): Promise<void> {
    const { instanceId } = machine;
    this.options.log(`machine ${instanceId}: starts`);
    await this.containers.run({
      ...machine,
      ...this.homes.paths(instanceId),
      privateAddress: this.homes.privateAddress(instanceId),
      packageCache: fs.realpathSync(this.options.packageCache),
    });
  }

  private async detach(
    { instanceId, volumeId }: Attachment,
    containers: readonly FoundContainer[],
  ): Promise<void> {
    const own = containers.filter((one) => one.instanceId === instanceId && one.running);
    if (await this.isMountedIn(volumeId, own)) {
      throw new MachinesError({
        wrong: `volume ${volumeId} can't be detached from ${instanceId}`,
        received: "it is mounted there",
        allowed: "a volume that the machine has unmounted",
        mend: "unmount it in the machine, or stop the machine",
      });
    }
    await this.volumes.detach(volumeId, this.homes.paths(instanceId).devices);
  }

  private async isMountedIn(volumeId: string, machines: readonly FoundContainer[]) {
    const answers = await all(machines.map(({ pid }) => this.volumes.isMounted(volumeId, pid)));
    return answers.includes(true);
  }

  private async running(instanceId: string): Promise<void> {
    const found = (await this.containers.list()).find((one) => one.instanceId === instanceId);
    if (found?.running) return;
    throw new MachinesError({
      wrong: `machine ${instanceId} doesn't run`,
      received: found ? "one that has ended" : "no such machine",
      allowed: "a running machine",
      mend: "start the instance",
    });
  }
}
