/** For tests of Let's Encrypt: one machine with TLJH, made without Pulumi, open to the world. */

import fs from "node:fs";
import * as ec2 from "@aws-sdk/client-ec2";
import { AcmeControl } from "../../rehearsal/acme/client";
import { freePort } from "../../rehearsal/cloud/ports";
import { DnsControl } from "../../rehearsal/dns/client";
import { folderOf } from "../../rehearsal/folder";
import { tryAsRoot, type Finished } from "../../rehearsal/machines/command";
import { Containers } from "../../rehearsal/machines/containers";
import { namesOf } from "../../rehearsal/machines/names";
import { startRehearsal, stopRehearsal, type Rehearsal } from "../../rehearsal/rehearsal";
import { makeSite, REGION, runInstance } from "./cloudLab";

const BOOTSTRAP = "http://169.254.77.77/bootstrap.py";

export class LetsEncryptLab {
  readonly acme: AcmeControl;
  readonly dns: DnsControl;

  private constructor(
    readonly rehearsal: Rehearsal,
    private readonly port: number,
  ) {
    this.acme = new AcmeControl(rehearsal.endpoint);
    this.dns = new DnsControl(rehearsal.endpoint);
  }

  /** Elastic IP of the machine. */
  address = "";

  static async open(name = `test-acme-${process.pid}`): Promise<LetsEncryptLab> {
    const port = await freePort();
    return new LetsEncryptLab(await this.start(name, port), port);
  }

  private static start(name: string, port: number): Promise<Rehearsal> {
    return startRehearsal({ name, port, say: () => undefined });
  }

  /** Ends the daemon by force and starts it again; the machine stays. */
  async startAgain(pid: number): Promise<void> {
    process.kill(pid, "SIGKILL");
    await LetsEncryptLab.start(this.rehearsal.name, this.port);
  }

  /** A machine with an Elastic IP, all its ports open, and TLJH. */
  async machine(): Promise<void> {
    const credentials = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };
    const { endpoint } = this.rehearsal;
    const client = new ec2.EC2Client({ region: REGION, endpoint, credentials });
    const site = await makeSite(client);
    const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await client.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: site.group, IpPermissions }),
    );
    const { InstanceId } = await runInstance(client, site);
    const { AllocationId, PublicIp = "" } = await client.send(new ec2.AllocateAddressCommand({}));
    await client.send(new ec2.AssociateAddressCommand({ InstanceId, AllocationId }));
    client.destroy();
    this.address = PublicIp;
    await this.can(
      "until [ -d /run/systemd/system ] && systemctl is-active -q sshd; do sleep 0.1; done",
    );
    await this.can(`cd /root; curl -fsSO ${BOOTSTRAP}; python3 bootstrap.py --admin nicolas`);
  }

  /** Process ids of the daemon's Pebbles. */
  pebbles(): number[] {
    const { acme } = folderOf(this.rehearsal.name);
    return fs
      .readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(acme))
      .map(Number);
  }

  /** Runs bash lines as root on the machine. */
  async onServer(lines: string): Promise<Finished> {
    const [machine] = await new Containers(namesOf(this.rehearsal.name)).list();
    if (machine === undefined) throw new Error("no machine runs");
    const enter = ["nsenter", "--all", "--target", String(machine.pid)];
    const clean = ["env", "-i", "HOME=/root", `PATH=${PATH}`];
    return tryAsRoot([...enter, ...clean, "bash", "-ec", lines]);
  }

  /** The same, but no failure is expected. */
  async can(lines: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.onServer(lines);
    if (exitCode !== 0) throw new Error(`${lines}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  async close(): Promise<void> {
    await stopRehearsal(this.rehearsal.name);
  }
}

function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const PATH = "/opt/tljh/hub/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
