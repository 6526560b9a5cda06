/** What AWS is asked before anything is created: does this region have all that the stack needs? */
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { awsFault, Refusal } from "./awsErrors";
import { findSchedulerRole } from "./calendar";
import { whyStopped } from "./calendarTimes";
import { ConfigurationError, Settings } from "./config";
import { checkDataSnapshot } from "./dataSnapshot";
import { findZone as findDnsZone } from "./dnsZone";
import type { SshSource } from "./network";
import { LADDER_TYPES, nonsense, smallestFor, type Machine } from "./sizing";
import { stackTags } from "./tags";
import { Problem } from "./text";
import { sshSources } from "./thisComputer";

/** What was found for a stack. */
export interface Found {
  amiId: string;
  /** Whether the user chose the image. */
  amiIsChosen: boolean;
  /** A zone of the region that offers the instance type. */
  availabilityZone: string;
  /** What EC2 says of the instance type. */
  machine: Machine;
  /** The smallest type of the region that holds the participants; undefined: none that is looked at. */
  smallestType?: string;
  /** Whether there is a machine, of another type. */
  changesType: boolean;
  sshSources: SshSource[];
  /** Id of `dnsZone`; undefined: none is configured. */
  dnsZoneId?: string;
  /** Undefined: nothing is scheduled. */
  schedulerRoleArn?: string;
}

/** Canonical's account at AWS: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
const CANONICAL = "099720109477";

/** Canonical's names differ: images of newer releases are on gp3 volumes. */
const IMAGE_NAMES: Record<Settings["ubuntuRelease"], string> = {
  "22.04": "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*",
  "24.04": "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*",
};

/** TLJH needs 1 GiB: https://tljh.jupyter.org/en/latest/install/amazon.html */
const LEAST_MEMORY_MIB = 1024;

/**
 * Asks AWS for image, zone, size and whether the stack's machine is switched off, and looks up this
 * computer's address. Reports every problem of the region at once.
 *
 * @throws ConfigurationError
 */
export async function lookUp(settings: Settings): Promise<Found> {
  const problems: Problem[] = [];
  const looks = [
    findImage(settings),
    findZone(settings),
    findDnsZone(settings),
    findMachine(settings),
    findSmallestType(settings),
    checkDataSnapshot(settings),
  ] as const;
  const valueOf = <T>(result: PromiseSettledResult<T>): T | undefined => {
    if (result.status === "fulfilled") return result.value;
    if (!(result.reason instanceof Refusal)) throw result.reason;
    problems.push(...result.reason.problems);
    return undefined;
  };
  const results = await Promise.allSettled(looks);
  const [image, zone, dnsZone] = [valueOf(results[0]), valueOf(results[1]), valueOf(results[2])];
  const [machine, smallestType] = [valueOf(results[3]), valueOf(results[4])];
  valueOf(results[5]);
  if (problems.length > 0) {
    throw new ConfigurationError(
      `Region ${settings.region} does not have what is asked for`,
      problems,
    );
  }
  const [schedulerRoleArn, changesType] = await Promise.all([
    findSchedulerRole(settings),
    refuseUnready(settings),
  ]);
  return {
    amiId: image ?? "",
    amiIsChosen: settings.amiId !== undefined,
    availabilityZone: zone ?? "",
    machine: machine ?? { instanceType: settings.instanceType, vcpus: 0, memoryGiB: 0 },
    ...(smallestType !== undefined && { smallestType }),
    changesType,
    sshSources: await sshSources(settings.sshCidrs, settings.addressService),
    ...(dnsZone !== undefined && { dnsZoneId: dnsZone }),
    ...(schedulerRoleArn !== undefined && { schedulerRoleArn }),
  };
}

async function findImage(settings: Settings): Promise<string> {
  const { amiId, ubuntuRelease, region, diskGiB } = settings;
  const image = await ec2
    .getAmi(
      amiId
        ? { filters: [{ name: "image-id", values: [amiId] }] }
        : {
            owners: [CANONICAL],
            mostRecent: true,
            filters: [
              { name: "name", values: [IMAGE_NAMES[ubuntuRelease]] },
              { name: "state", values: ["available"] },
            ],
          },
    )
    .catch((error: unknown) => {
      if (!/returned no results/.test(String(error))) throw awsFault(error, settings);
      return undefined;
    });
  if (image === undefined) {
    throw new Refusal([
      amiId
        ? {
            wrong: "amiId does not exist in this region, or is not shared with you",
            received: `${amiId} in ${region}`,
            allowed: "an image of the same region",
            mend: "pulumi config rm amiId",
          }
        : {
            wrong: `Canonical has no image of Ubuntu ${ubuntuRelease} in this region`,
            received: region,
            allowed: "a region with Canonical's images, or an image of your own (amiId)",
            mend: "pulumi config set aws:region ap-south-1",
          },
    ]);
  }
  checkImage(image, diskGiB);
  return image.id;
}

function checkImage(image: ec2.GetAmiResult, diskGiB: number): void {
  const problems: Problem[] = [];
  const root = image.blockDeviceMappings.find((one) => one.deviceName === image.rootDeviceName);
  const least = Number(root?.ebs["volume_size"] ?? 0);
  if (least > diskGiB) {
    problems.push({
      wrong: "diskGiB is smaller than the image's own root volume",
      received: `${diskGiB} GiB; ${image.id} has ${least} GiB`,
      allowed: `${least} or more`,
      mend: `pulumi config set diskGiB ${Math.max(least, 20)}`,
    });
  }
  if (image.architecture !== "x86_64") {
    problems.push({
      wrong: "amiId is not an x86_64 image",
      received: `${image.id} is for ${image.architecture}`,
      allowed: "an image for x86_64",
      mend: "pulumi config rm amiId",
    });
  }
  if (problems.length > 0) throw new Refusal(problems);
}

async function findZone(settings: Settings): Promise<string> {
  const { instanceType, region } = settings;
  const offerings = await ec2
    .getInstanceTypeOfferings({
      locationType: "availability-zone",
      filters: [{ name: "instance-type", values: [instanceType] }],
    })
    .catch((error: unknown) => Promise.reject(awsFault(error, settings)));
  const [first] = [...offerings.locations].sort();
  if (first !== undefined) return first;
  throw new Refusal([
    {
      wrong: "No zone of this region offers the instance type",
      received: `${instanceType} in ${region}`,
      allowed: `aws ec2 describe-instance-type-offerings --region ${region} lists what there is`,
      mend: "pulumi config set instanceType t3.xlarge",
    },
  ]);
}

/** Undefined when there is no such type, which is said with the zone. */
async function findMachine(settings: Settings): Promise<Machine | undefined> {
  const { instanceType } = settings;
  const type = await ec2.getInstanceType({ instanceType }).catch((error: unknown) => {
    // Said by findZone, in better words.
    if (/InvalidInstanceType|no matching|does not exist|couldn't find/i.test(String(error)))
      return undefined;
    throw awsFault(error, settings);
  });
  if (type === undefined) return undefined;
  const machine = { instanceType, vcpus: type.defaultVcpus, memoryGiB: type.memorySize / 1024 };
  const problems = nonsense(machine, settings);
  if (type.memorySize < LEAST_MEMORY_MIB) {
    problems.push({
      wrong: "instanceType has too little memory for The Littlest JupyterHub",
      received: `${instanceType} has ${type.memorySize} MiB`,
      allowed: `${LEAST_MEMORY_MIB} MiB or more; t3.xlarge holds about 20 participants`,
      mend: "pulumi config set instanceType t3.xlarge",
    });
  }
  if (!type.supportedArchitectures.includes("x86_64")) {
    problems.push({
      wrong: "instanceType cannot run x86_64 images",
      received: `${instanceType} runs ${type.supportedArchitectures.join(", ")}`,
      allowed: "a type for x86_64 (no g after the generation's number)",
      mend: "pulumi config set instanceType t3.xlarge",
    });
  }
  if (problems.length > 0) throw new Refusal(problems);
  return machine;
}

async function findSmallestType(settings: Settings): Promise<string | undefined> {
  const { instanceTypes } = await ec2
    .getInstanceTypeOfferings({
      locationType: "region",
      filters: [{ name: "instance-type", values: [...LADDER_TYPES] }],
    })
    .catch((error: unknown) => Promise.reject(awsFault(error, settings)));
  return smallestFor(settings.participants, instanceTypes);
}

/**
 * Stops here when the stack's machine is switched off, or when there is none yet that SSH would be
 * closed to: every step would wait for it in vain.
 *
 * @returns whether a machine is there, of another type than the configured one
 * @throws ConfigurationError
 */
async function refuseUnready(settings: Settings): Promise<boolean> {
  const { region, instanceType } = settings;
  const instances = (instanceStateNames: string[], types?: string[]) =>
    ec2
      .getInstances({
        instanceTags: { ...stackTags(settings.name) },
        instanceStateNames,
        ...(types && { filters: [{ name: "instance-type", values: types }] }),
      })
      .catch((error: unknown) => Promise.reject(awsFault(error, settings)));
  const running = ["pending", "running"];
  const [stopped, alive, alike] = await Promise.all([
    instances(["stopping", "stopped"]),
    instances(running),
    instances(running, [instanceType]),
  ]);
  const [id] = stopped.ids;
  if (settings.sshCidrs.length === 0 && id === undefined && alive.ids.length === 0) {
    throw new ConfigurationError("A new server cannot be set up", [
      {
        wrong: "sshCidrs is empty, so nobody could set the server up",
        received: "[]",
        allowed: "at least one range, or the word me, until the server is there",
        mend: "pulumi config set --path 'sshCidrs[0]' me",
      },
    ]);
  }
  // Beside a running one, a stopped one is what is left of a replacement that was interrupted.
  if (id === undefined || alive.ids.length > 0) {
    return alive.ids.length > 0 && alike.ids.length === 0;
  }
  const why = whyStopped(settings, new Date());
  const start = `npm run start -- --stack ${pulumi.getStack()}`;
  throw new ConfigurationError("The workshop's machine cannot be set up", [
    {
      wrong: "The instance is stopped",
      received: `${id} in ${region}${why === undefined ? "" : `; ${why}`}`,
      allowed: "a running instance",
      mend: `${start}, then pulumi up`,
    },
  ]);
}
