/** The folder that each machine has on this computer, for as long as its instance exists. */

import fs from "node:fs";
import path from "node:path";
import { asRoot } from "./command";
import type { DesiredMachine } from "./desired";
import { chooseAddress } from "./subnet";

/** What a machine is told of the world outside, where this computer stands for it. */
export interface Outside {
  /** Folder of certificates that machines trust beside their own; see trusted.ts. */
  trusted: string;
  /** A line of /etc/hosts. */
  hosts: string;
}

/** Paths of one machine. */
export interface Home {
  /** Where its root volume is mounted. */
  root: string;
  /** cloud-init's seed. */
  seed: string;
  /** Block devices of its other volumes. */
  devices: string;
  /** What outside.sh reads, and that script; empty when there is nothing to tell. */
  outside: string;
  /** What its init writes. */
  log: string;
}

/** The folders of one rehearsal's machines. */
export class Homes {
  constructor(
    private readonly folder: string,
    private readonly gateway: string,
    private readonly outside?: Outside,
  ) {}

  /** Instance ids of those that have one. */
  list(): string[] {
    return fs.readdirSync(this.folder);
  }

  paths(instanceId: string): Home {
    const at = (name: string): string => path.join(this.folder, instanceId, name);
    return {
      root: at("root"),
      seed: at("seed"),
      devices: at("devices"),
      outside: at("outside"),
      log: at("console.log"),
    };
  }

  /** Its address in the machines' network, the same for as long as the instance exists. */
  privateAddress(instanceId: string): string {
    const known = this.knownAddress(instanceId);
    if (known !== undefined) return known;
    const others = this.list().flatMap((id) => this.knownAddress(id) ?? []);
    const address = chooseAddress(this.gateway, others);
    fs.mkdirSync(path.join(this.folder, instanceId), { recursive: true });
    fs.writeFileSync(this.addressFile(instanceId), address);
    return address;
  }

  private addressFile(instanceId: string): string {
    return path.join(this.folder, instanceId, "private-address");
  }

  private knownAddress(instanceId: string): string | undefined {
    const file = this.addressFile(instanceId);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  }

  /** Makes the folders and writes what cloud-init reads; only root of the machine can read it. */
  async prepare(machine: DesiredMachine): Promise<Home> {
    const { instanceId, hostname, userData, publicKey } = machine;
    const home = this.paths(instanceId);
    for (const folder of [home.root, home.seed, home.devices, home.outside]) {
      fs.mkdirSync(folder, { recursive: true });
    }
    this.tell(instanceId);
    // JSON is YAML too.
    const metaData = JSON.stringify({
      "instance-id": instanceId,
      "local-hostname": hostname,
      "public-keys": publicKey === undefined ? [] : [publicKey],
    });
    await this.writeSecret(path.join(home.seed, "meta-data"), metaData);
    await this.writeSecret(path.join(home.seed, "user-data"), userData);
    return home;
  }

  /** Writes what a machine is told of the world outside, as it is now. */
  tell(instanceId: string): void {
    if (this.outside === undefined) return;
    const { hosts, trusted } = this.outside;
    const { outside } = this.paths(instanceId);
    fs.writeFileSync(path.join(outside, "hosts"), `${hosts}\n`);
    fs.cpSync(trusted, path.join(outside, "trusted"), { recursive: true });
    fs.copyFileSync(path.join(__dirname, "outside.sh"), path.join(outside, "outside.sh"));
  }

  private async writeSecret(file: string, text: string): Promise<void> {
    const script = 'umask 077; rm -f "$1" && cat >"$1" && chown 0:0 "$1"';
    await asRoot(["sh", "-c", script, "seed", file], { input: text });
  }

  async delete(instanceId: string): Promise<void> {
    await asRoot(["rm", "-rf", "--one-file-system", path.join(this.folder, instanceId)]);
  }
}
