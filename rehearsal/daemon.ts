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
import { FrontDoor } from "./cloud/frontDoor";
import { openMachines, SERVICES_PORT, type Machines } from "./cloud/machines";
import { Moto, type MotoMemory } from "./cloud/moto";
import { freePort } from "./cloud/ports";
import { openServices } from "./cloud/services";
import { GitHub } from "./github/server";
import { codeHash, type Health } from "./health";
import { folderOf, markOf, readSettings } from "./folder";
import { writeJson } from "./setup/cache.mjs";
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
  private github: GitHub | undefined;
  private door: FrontDoor | undefined;
  private ending: Promise<void> | undefined;

  constructor(name: string) {
    const settings = readSettings(name);
    if (settings === undefined) throw new Error(`no rehearsal ${name}`);
    this.settings = settings;
    this.health = { name, code: codeHash(), ready: false, birth: "" };
  }

  async start(): Promise<void> {
    const { name, port, block } = this.settings;
    const { memory: file, github } = folderOf(name);
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
    const { gateway } = this.machines;
    if (gateway !== undefined) {
      this.services = await openServices(gateway, SERVICES_PORT);
      this.github = await GitHub.open(github, gateway);
    }
    this.door = await FrontDoor.open({
      moto,
      regions: memory.regions,
      machines: this.machines,
      port,
      health: () => this.health,
      github: (action, args) => {
        if (this.github === undefined)
          throw new Error("a rehearsal without machines has no GitHub");
        return this.github.control(action, args);
      },
      log,
    });
    await this.refresh();
    this.health.ready = true;
    log(`ready on port ${port}`);
  }

  /** Ends everything but the machines. */
  end(): Promise<void> {
    this.ending ??= (async () => {
      log("ending");
      await this.door?.close();
      await this.machines?.close();
      this.services?.close();
      this.services?.closeAllConnections();
      this.github?.close();
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
