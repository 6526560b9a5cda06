/** For tests of the machines: a rehearsal of their own, wishes for machines, and a dialler. */

import fs from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { Client, utils } from "ssh2";
import type { Desired, DesiredMachine, Rule } from "../../rehearsal/machines/desired";
import { Fleet, type FleetOptions } from "../../rehearsal/machines/fleet";
import { loadToolchain } from "../../rehearsal/toolchain";

/** A rule for all of IPv4, or for one range, as AWS has them. */
export function tcp(port: number, cidr = "0.0.0.0/0"): Rule {
  return { protocol: "tcp", fromPort: port, toPort: port, cidr };
}

/** Attempts to connect go on for as long as a test may take, as a person's would. */
export interface Attempt {
  /** The first line that the other side says. */
  line: Promise<string>;
  /** Whether it has neither been answered nor refused. */
  isPending(): boolean;
  socket: Socket;
}

/** Dials a port and listens to the first line. */
export function dial(host: string, port: number): Attempt {
  const socket = connect({ host, port });
  let pending = true;
  const line = new Promise<string>((resolve, reject) => {
    let text = "";
    socket.on("data", (data) => {
      text += data.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")).trim());
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
  const settled = (): void => void (pending = false);
  socket.once("connect", settled).once("close", settled);
  // Not every test waits for it.
  line.catch(() => undefined);
  return { line, isPending: () => pending, socket };
}

/** Whether SSH answers now. Gives up soon, since the kernel repeats an attempt ever more seldom. */
export async function answers(host = ""): Promise<boolean> {
  const { line, socket } = dial(host, 22);
  socket.setTimeout(1000, () => socket.destroy());
  const said = await line.catch(() => "");
  socket.destroy();
  return said.startsWith("SSH-");
}

/** Repeats `look` until it is true; the test's own time limit is the limit. */
export async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 200));
}

const userKey = utils.generateKeyPairSync("ed25519");

/** What a machine said over SSH, and the host key that it showed. */
export interface Said {
  output: string;
  hostKey: string;
}

/** Runs a command over SSH as the user that cloud-init made. */
export function ssh(host: string, command: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let hostKey = "";
    client.on("error", reject).on("ready", () => {
      client.exec(command, (error, stream) => {
        if (error) return reject(error);
        let output = "";
        stream.on("data", (data: Buffer) => (output += data.toString()));
        stream.on("close", () => {
          client.end();
          resolve({ output, hostKey });
        });
      });
    });
    client.connect({
      host,
      username: "ubuntu",
      privateKey: userKey.private,
      hostVerifier: (key: Buffer) => {
        hostKey = key.toString("base64");
        return true;
      },
    });
  });
}

/** A host key, and user data that gives it to a machine. */
export function identity(): { hostKey: string; userData: string } {
  const key = utils.generateKeyPairSync("ed25519");
  const config = {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: key.private, ed25519_public: key.public },
    ssh_authorized_keys: [userKey.public],
    runcmd: ["echo booted >> /var/lib/first-boots"],
  };
  const [, hostKey = ""] = key.public.split(" ");
  return { hostKey, userData: `#cloud-config\n${JSON.stringify(config)}\n` };
}

/** A running machine with SSH open to all, unless `change` says otherwise. */
export function machine(number: number, change: Partial<DesiredMachine> = {}): DesiredMachine {
  return {
    instanceId: `i-0000000000000000${number}`,
    state: "running",
    memoryMiB: 2048,
    hostname: `ip-10-0-0-${number}`,
    userData: identity().userData,
    rootVolumeId: `vol-0000000000000000${number}`,
    attachedVolumeIds: [],
    address: `127.66.${process.pid % 256}.${number}`,
    ingress: [tcp(22)],
    egress: [],
    ...change,
  };
}

/** The machines, with the root volumes they need, and other volumes of 1 GiB. */
export function wish(machines: readonly DesiredMachine[], volumeIds: string[] = []): Desired {
  const roots = machines.map(({ rootVolumeId }) => ({ volumeId: rootVolumeId, sizeGiB: 8 }));
  const others = volumeIds.map((volumeId) => ({ volumeId, sizeGiB: 1 }));
  return { machines: [...machines], volumes: [...roots, ...others] };
}

/** A web server of this computer that answers with one word. */
export async function serve(word: string, host: string): Promise<Server & { port: number }> {
  const server = createServer((_, answer) => answer.end(`${word}\n`));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

/** Folder and options of a rehearsal for tests alone; `remove` removes all that it left. */
export function lab(suffix: string) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-machines-"));
  const name = `test-${process.pid}-${suffix}`;
  const options: FleetOptions = {
    name,
    folder: path.join(folder, "disks"),
    machineImage: loadToolchain().machineImage,
    packageCache: path.join(folder, "packages"),
    servicesPort: 1,
    tlsPort: 1,
    log: () => undefined,
  };
  const remove = async (): Promise<void> => {
    await Fleet.destroy(name, options.folder);
    fs.rmSync(folder, { recursive: true });
  };
  return { name, options, remove };
}
