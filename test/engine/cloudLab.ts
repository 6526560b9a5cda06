/** For tests of the cloud: moto and the front door in this process, and machines that only note. */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as ec2 from "@aws-sdk/client-ec2";
import { FrontDoor } from "../../rehearsal/cloud/frontDoor";
import type { Machines } from "../../rehearsal/cloud/machines";
import { Moto } from "../../rehearsal/cloud/moto";
import { freePort } from "../../rehearsal/cloud/ports";
import type { Desired } from "../../rehearsal/machines/desired";
import { loadToolchain } from "../../rehearsal/toolchain";

export const REGION = "ap-south-1";
const CANONICAL = "099720109477";

/** Machines that note what they are told. */
export class Recorder implements Machines {
  readonly gateway = undefined;
  readonly told: Desired[] = [];
  readonly rebooted: string[] = [];
  readonly mounted = new Set<string>();
  /** Each one makes a run fail. */
  readonly failures: string[] = [];
  /** A run ends when this does. */
  until: Promise<unknown> = Promise.resolve();

  get last(): Desired {
    return this.told.at(-1) ?? { machines: [], volumes: [] };
  }

  async bringInLine(desired: Desired): Promise<void> {
    this.told.push(desired);
    await this.until;
    const failure = this.failures.shift();
    if (failure !== undefined) throw new Error(failure);
  }

  async reboot(instanceId: string): Promise<void> {
    this.rebooted.push(instanceId);
  }

  tell = async () => undefined;
  isMounted = async (volumeId: string) => this.mounted.has(volumeId);
  close = async () => undefined;
}

export class CloudLab {
  readonly machines = new Recorder();
  readonly log: string[] = [];
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-cloud-"));
  private parts: { moto: Moto; door: FrontDoor } | undefined;
  private readonly clients: ec2.EC2Client[] = [];
  endpoint = "";

  static async open(): Promise<CloudLab> {
    const lab = new CloudLab();
    await lab.start();
    return lab;
  }

  get memory(): string {
    return path.join(this.folder, "moto.pickle");
  }

  get moto(): Moto {
    if (this.parts === undefined) throw new Error("not started");
    return this.parts.moto;
  }

  get door(): FrontDoor {
    if (this.parts === undefined) throw new Error("not started");
    return this.parts.door;
  }

  async start(): Promise<void> {
    const log = (line: string) => void this.log.push(line);
    const { moto, memory } = await Moto.open({
      python: loadToolchain().motoPython,
      port: await freePort(),
      memory: this.memory,
      block: 201,
      log,
    });
    const port = await freePort();
    const door = await FrontDoor.open({
      moto,
      regions: memory.regions,
      machines: this.machines,
      port,
      health: () => ({}),
      log,
    });
    this.parts = { moto, door };
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  /** A client as a plugin has one; without a second try unless asked for. */
  ec2(region = REGION, maxAttempts = 1): ec2.EC2Client {
    const credentials = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };
    const client = new ec2.EC2Client({ region, credentials, endpoint: this.endpoint, maxAttempts });
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients.splice(0)) client.destroy();
    await this.parts?.door.close();
    await this.parts?.moto.close();
    this.parts = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    fs.rmSync(this.folder, { recursive: true });
  }
}

/** Canonical's newest jammy image of an architecture. */
export async function imageId(client: ec2.EC2Client, architecture = "x86_64"): Promise<string> {
  const { Images = [] } = await client.send(
    new ec2.DescribeImagesCommand({
      Owners: [CANONICAL],
      Filters: [
        { Name: "name", Values: ["ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-*"] },
        { Name: "architecture", Values: [architecture] },
      ],
    }),
  );
  return Images.at(-1)?.ImageId ?? "";
}

/** A network that an instance can be started in. */
export interface Site {
  vpc: string;
  subnet: string;
  group: string;
  gateway: string;
  zone: string;
}

export async function makeSite(client: ec2.EC2Client): Promise<Site> {
  const zone = `${REGION}a`;
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const vpc = Vpc?.VpcId ?? "";
  const { Subnet } = await client.send(
    new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: "10.0.1.0/24", AvailabilityZone: zone }),
  );
  const { GroupId = "" } = await client.send(
    new ec2.CreateSecurityGroupCommand({ GroupName: "g", Description: "d", VpcId: vpc }),
  );
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}));
  const gateway = InternetGateway?.InternetGatewayId ?? "";
  await client.send(
    new ec2.AttachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc }),
  );
  return { vpc, subnet: Subnet?.SubnetId ?? "", group: GroupId, gateway, zone };
}

/** Starts an instance in a site. */
export async function runInstance(
  client: ec2.EC2Client,
  { subnet, group }: Site,
  more: Partial<ec2.RunInstancesCommandInput> = {},
): Promise<ec2.Instance> {
  const { Instances } = await client.send(
    new ec2.RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: more.ImageId ?? (await imageId(client)),
      InstanceType: "t3.xlarge",
      SubnetId: subnet,
      SecurityGroupIds: [group],
      ...more,
    }),
  );
  const [instance] = Instances ?? [];
  if (instance === undefined) throw new Error("no instance");
  return instance;
}

/** The code and message of the refusal; "accepted" when there was none. */
export async function refusalOf(
  asked: Promise<unknown>,
): Promise<{ code: string; message: string }> {
  try {
    await asked;
    return { code: "accepted", message: "" };
  } catch (failure) {
    const { name, message } = failure as Error;
    return { code: name, message };
  }
}
