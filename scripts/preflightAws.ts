/** What `npm run preflight` asks AWS. Every question is a read; nothing is made or changed. */
import {
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeInstancesCommand,
  type _InstanceType,
  type Tag,
} from "@aws-sdk/client-ec2";
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Settings } from "../components/config";
import { LADDER_TYPES, smallestFor, type Machine } from "../components/sizing";
import type { StackAws } from "./stackAws";

/** What AWS says of the region and of the stack's machine. */
export interface AwsFacts {
  zones: string[];
  /** Zones that offer the instance type. */
  offering: string[];
  /** Undefined: there is no such type here. */
  machine?: Machine;
  smallestType?: string;
}

/** Whose account and user this is. */
export async function whoAmI(aws: StackAws): Promise<string> {
  const client = new STSClient(aws.options("sts"));
  const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}));
  return `AWS account ${Account ?? "?"}, as ${Arn ?? "?"}`;
}

export async function factsOf(aws: StackAws, settings: Settings): Promise<AwsFacts> {
  const client = aws.ec2();
  const { instanceType } = settings;
  const offerings = (LocationType: "availability-zone" | "region", Values: string[]) =>
    client.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType,
        Filters: [{ Name: "instance-type", Values }],
      }),
    );
  const [zones, offering, ladder, machine] = await Promise.all([
    client.send(new DescribeAvailabilityZonesCommand({})),
    offerings("availability-zone", [instanceType]),
    offerings("region", [...LADDER_TYPES]),
    machineOf(aws, instanceType),
  ]);
  const offered = (ladder.InstanceTypeOfferings ?? []).map(({ InstanceType }) => `${InstanceType}`);
  const smallestType = smallestFor(settings.participants, offered);
  return {
    zones: (zones.AvailabilityZones ?? []).map(({ ZoneName = "" }) => ZoneName).sort(),
    offering: (offering.InstanceTypeOfferings ?? []).map(({ Location = "" }) => Location).sort(),
    ...(machine && { machine }),
    ...(smallestType !== undefined && { smallestType }),
  };
}

async function machineOf(aws: StackAws, instanceType: string): Promise<Machine | undefined> {
  const InstanceTypes = [instanceType as _InstanceType];
  const answer = await aws
    .ec2()
    .send(new DescribeInstanceTypesCommand({ InstanceTypes }))
    .catch((error: Error) => {
      if (error.name === "InvalidInstanceType") return undefined;
      throw error;
    });
  const [info] = answer?.InstanceTypes ?? [];
  if (info === undefined) return undefined;
  return {
    instanceType,
    vcpus: info.VCpuInfo?.DefaultVCpus ?? 0,
    memoryGiB: (info.MemoryInfo?.SizeInMiB ?? 0) / 1024,
  };
}

/** An instance that counts against the quota of vCPUs. */
export interface Running {
  instanceType: string;
  vcpus: number;
  /** Of this program's; undefined: somebody else's. */
  stack: string | undefined;
}

export async function runningInstances(aws: StackAws): Promise<Running[]> {
  const running = { Name: "instance-state-name", Values: ["pending", "running"] };
  const answer = await aws.ec2().send(new DescribeInstancesCommand({ Filters: [running] }));
  const instances = (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  const types = [...new Set(instances.map(({ InstanceType }) => `${InstanceType}`))];
  const machines = await Promise.all(types.map((type) => machineOf(aws, type)));
  const vcpus = new Map(machines.map((one) => [one?.instanceType, one?.vcpus ?? 0]));
  return instances.map(({ InstanceType, Tags }) => ({
    instanceType: `${InstanceType}`,
    vcpus: vcpus.get(`${InstanceType}`) ?? 0,
    stack: stackOf(Tags),
  }));
}

function stackOf(tags: readonly Tag[] = []): string | undefined {
  return tags.find(({ Key }) => Key === "stack")?.Value;
}

/** Elastic IPs of the region, each with whether it is the stack's own. */
export async function elasticIps(
  aws: StackAws,
): Promise<{ id: string; stack: string | undefined }[]> {
  const { Addresses = [] } = await aws.ec2().send(new DescribeAddressesCommand({}));
  return Addresses.map(({ AllocationId = "", Tags }) => ({
    id: AllocationId,
    stack: stackOf(Tags),
  }));
}

/** An account that never had a quota changed may know only AWS's default. */
export async function quotaOf(aws: StackAws, QuotaCode: string): Promise<number> {
  const client = new ServiceQuotasClient(aws.options("servicequotas"));
  const asked = { ServiceCode: "ec2", QuotaCode };
  const answer = await client.send(new GetServiceQuotaCommand(asked)).catch((error: Error) => {
    if (error.name !== "NoSuchResourceException") throw error;
    return client.send(new GetAWSDefaultServiceQuotaCommand(asked));
  });
  return answer.Quota?.Value ?? 0;
}
