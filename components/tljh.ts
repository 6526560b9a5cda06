import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { homeMiB, type HomeLimitArgs } from "./homeLimit";
import { Server, serverPrograms, ServerStep, SSH_USER } from "./server";
import { METADATA_UNIT, SSHD_CONFIG } from "./userData";

export interface TljhArgs extends HomeLimitArgs {
  server: Server;
  dataVolumeId: pulumi.Input<string>;
  diskGiB: number;
  /** Most memory of one participant's server, in MiB. */
  memoryMiB: number;
  /** Most vCPUs of one; undefined: no limit. */
  cpus?: number;
  /** 0: never. */
  idleTimeoutMinutes: number;
  admins: readonly string[];
  tljhVersion: string;
  bootstrapUrl: string;
  bootstrapSha256: string;
  aptWaitMinutes: number;
  /** Of the server; undefined: none, and so no certificate. */
  domain?: string;
}

const SCRIPTS = path.join(__dirname, "..", "scripts", "server");

function read(file: string): string {
  return fs.readFileSync(path.join(SCRIPTS, file), "utf8");
}

/**
 * Phase 3 of the guide: the machine's own doors, home folders on the data volume, the system up to
 * date, The Littlest JupyterHub, and step 5.5: what each participant may take. One step after the
 * other, since each needs what the one before has made.
 *
 * Costs nothing. Takes 5 to 10 minutes on a new machine (the guide's figure).
 */
export class Tljh extends pulumi.ComponentResource {
  constructor(name: string, args: TljhArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Tljh", name, {}, opts);
    const { server, admins, aptWaitMinutes } = args;
    const after = (...previous: ServerStep[]): pulumi.CustomResourceOptions => ({
      parent: this,
      dependsOn: previous,
    });

    const doors = new ServerStep(
      `${name}-doors`,
      {
        server,
        script: "doors",
        values: { SSH_USER, SSHD_CONFIG, METADATA_UNIT },
        limitMinutes: 10,
      },
      after(),
    );
    const data = new ServerStep(
      `${name}-data-volume`,
      {
        server,
        script: "data-volume",
        values: {
          DATA_VOLUME_ID: args.dataVolumeId,
          DATA_GIB: args.dataGiB,
        },
        limitMinutes: 10,
      },
      after(doors),
    );
    const root = new ServerStep(
      `${name}-root-disk`,
      {
        server,
        script: "root-disk",
        values: { DISK_GIB: args.diskGiB, APT_WAIT_MINUTES: aptWaitMinutes },
        limitMinutes: 20,
      },
      after(doors),
    );
    const update = new ServerStep(
      `${name}-system-update`,
      { server, script: "system-update", values: { APT_WAIT_MINUTES: aptWaitMinutes } },
      after(data, root),
    );
    const restart = new ServerStep(
      `${name}-restart-if-needed`,
      { server, script: "restart-if-needed", values: {}, limitMinutes: 5 },
      after(update),
    );
    const plainHttp = new ServerStep(
      `${name}-plain-http`,
      {
        server,
        script: "plain-http",
        values: { DOMAIN: args.domain ?? "" },
        limitMinutes: 10,
      },
      after(restart),
    );
    const install = new ServerStep(
      `${name}-install`,
      {
        server,
        script: "install-tljh",
        values: {
          TLJH_VERSION: args.tljhVersion,
          BOOTSTRAP_URL: args.bootstrapUrl,
          BOOTSTRAP_SHA256: args.bootstrapSha256,
          CONSTRAINTS: read("constraints.txt"),
          HUB: { ...serverPrograms("hub"), "network.html": read("hub/network.html") },
          ADMINS: [...admins],
          PROGRAMS: serverPrograms("work"),
          APT_WAIT_MINUTES: aptWaitMinutes,
        },
      },
      after(plainHttp),
    );
    new ServerStep(
      `${name}-limits`,
      {
        server,
        script: "limits",
        values: {
          MEMORY_MIB: args.memoryMiB,
          CPUS: args.cpus ?? "",
          IDLE_MINUTES: args.idleTimeoutMinutes,
        },
        limitMinutes: 10,
      },
      after(install),
    );
    new ServerStep(
      `${name}-class`,
      {
        server,
        script: "class",
        values: { HOME_MIB: homeMiB(args), PROGRAMS: serverPrograms("class") },
        limitMinutes: 10,
      },
      after(install),
    );
    this.registerOutputs({});
  }
}
