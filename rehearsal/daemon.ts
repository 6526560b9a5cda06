/**
 * The process behind a rehearsal: moto, the front door, the services for machines, the machines.
 *
 *   node --require tsx/cjs rehearsal/daemon.ts NAME
 *
 * rehearsal.ts starts it and reads its answers at /rehearsal/health. SIGTERM ends it in order; the
 * machines stay.
 */

import fs from "node:fs";
import type { Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import { LetsEncrypt } from "./acme/letsEncrypt";
import { FrontDoor } from "./cloud/frontDoor";
import { openMachines, SERVICES_PORT, type Machines } from "./cloud/machines";
import { Moto, type MotoMemory } from "./cloud/moto";
import { Scheduler } from "./cloud/scheduler";
import { freePort } from "./cloud/ports";
import { openServices } from "./cloud/services";
import { Dns } from "./dns/server";
import { readZones } from "./dns/zones";
import { GitHub, GITHUB_HOSTS } from "./github/server";
import { codeHash, type Health } from "./health";
import { folderOf, markOf, readSettings } from "./folder";
import { addTrusted } from "./machines/trusted";
import { writeJson } from "./setup/cache.mjs";
import { Authority } from "./tls/certificates";
import { closeFront, openFront } from "./tls/front";
import { loadToolchain } from "./toolchain";

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

class Daemon {
  private readonly settings;
  private readonly health: Health;
  private moto: Moto | undefined;
  private machines: Machines | undefined;
  private services: Server | undefined;
  private dns: Dns | undefined;
  private letsEncrypt: LetsEncrypt | undefined;
  private front: TlsServer | undefined;
  private door: FrontDoor | undefined;
  private scheduler: Scheduler | undefined;
  private ending: Promise<void> | undefined;

  constructor(name: string) {
    const settings = readSettings(name);
    if (settings === undefined) throw new Error(`no rehearsal ${name}`);
    this.settings = settings;
    this.health = { name, code: codeHash(), ready: false, birth: "" };
  }

  async start(): Promise<void> {
    const { name, port, block } = this.settings;
    const { memory: file } = folderOf(name);
    const [{ moto, memory }, machines] = await Promise.all([
      Moto.open(
        { python: loadToolchain().motoPython, port: await freePort(), memory: file, block, log },
        (found) => void this.followMoto(found),
      ),
      openMachines(this.settings, log),
    ]);
    this.moto = moto;
    this.machines = machines;
    this.health.birth = memory.birth;
    // TCP and UDP of one number are two things: who knows the front door knows the DNS.
    const dns = await Dns.open(port, () => readZones(moto.route53()), log);
    this.dns = dns;
    const scheduler = new Scheduler({
      endpoint: `http://127.0.0.1:${port}`,
      regions: () => this.door?.usedRegions() ?? [],
      log,
    });
    this.scheduler = scheduler;
    const parts = {
      dns: (action: string, args: unknown) => dns.control(action, args),
      scheduler: (action: string, args: unknown) => scheduler.control(action, args),
    };
    const { gateway } = machines;
    const internet = gateway === undefined ? {} : await this.openInternet(gateway);
    this.door = await FrontDoor.open({
      moto,
      regions: memory.regions,
      machines: this.machines,
      port,
      health: () => this.health,
      parts: { ...parts, ...internet },
      log,
    });
    await this.refresh();
    void scheduler.follow();
    this.health.ready = true;
    log(`ready on port ${port}`);
  }

  /** What machines find outside. */
  private async openInternet(gateway: string) {
    const { name, port } = this.settings;
    const { acme, certificates, github: folder, trusted } = folderOf(name);
    this.services = await openServices(gateway, SERVICES_PORT);
    const authority = await Authority.in(certificates, "authority");
    addTrusted(trusted, fs.readFileSync(authority.file));
    const [github, letsEncrypt] = await Promise.all([
      GitHub.open(folder),
      LetsEncrypt.open({
        program: loadToolchain().pebble,
        folder: acme,
        certificates,
        authority,
        dnsPort: port,
        onRoot: async (root) => {
          addTrusted(trusted, root);
          await this.machines?.tell();
        },
        log,
      }),
    ]);
    this.letsEncrypt = letsEncrypt;
    const githubSite = {
      names: GITHUB_HOSTS,
      ...(await authority.sign("github", GITHUB_HOSTS)),
      serve: github.serve.bind(github),
    };
    this.front = await openFront(gateway, [githubSite, ...letsEncrypt.sites]);
    return {
      acme: (action: string, args: unknown) => letsEncrypt.control(action, args),
      github: (action: string, args: unknown) => github.control(action, args),
    };
  }

  /** Ends everything but the machines. */
  end(): Promise<void> {
    this.ending ??= (async () => {
      log("ending");
      this.scheduler?.end();
      await this.door?.close();
      await this.machines?.close();
      this.services?.close();
      this.services?.closeAllConnections();
      closeFront(this.front);
      await this.letsEncrypt?.close();
      this.dns?.close();
      await this.moto?.close();
    })();
    return this.ending;
  }

  private async followMoto({ birth, regions }: MotoMemory): Promise<void> {
    this.door?.known(regions);
    await this.refresh();
    this.health.birth = birth;
  }

  /** A machine that cannot be brought in line must not keep the API away: destroy needs it. */
  private async refresh(): Promise<void> {
    delete this.health.trouble;
    await this.door?.refresh().catch((error: Error) => {
      this.health.trouble = error.message;
      log(`machines: ${error.message}`);
    });
  }
}

async function main(): Promise<void> {
  const name = process.argv[2] ?? "";
  const daemon = new Daemon(name);
  const mark = folderOf(name).daemon;
  writeJson(mark, markOf(process.pid));
  const end = () =>
    void daemon.end().then(
      () => {
        fs.rmSync(mark, { force: true });
        process.exit(0);
      },
      (error: Error) => {
        log(`ending: ${error.stack ?? error.message}`);
        process.exit(1);
      },
    );
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("unhandledRejection", (reason) => log(`unhandled: ${String(reason)}`));
  await daemon.start();
}

main().catch((error: Error) => {
  log(`cannot start: ${error.message}`);
  process.exit(1);
});
