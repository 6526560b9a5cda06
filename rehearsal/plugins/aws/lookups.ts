/** Look-ups: what the program asks AWS about without creating anything. */

import {
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeRegionsCommand,
  type InstanceStateName,
  type LocationType,
} from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { addressValues } from "./address";
import { given } from "./arguments";
import { doing } from "./errors";
import { filtersOf, orNone, regionOf, tagFilters, type Lookup } from "./filters";
import { getAmi } from "./getAmi";
import { getInstanceType } from "./getInstanceType";
import { getRole } from "./getRole";
import { getZone } from "./getZone";

/** Finding none is an answer, not an error. */
const getInstances: Lookup = async (args, session) => {
  const region = regionOf(args, session);
  const states = given<InstanceStateName[]>(args, "instanceStateNames") ?? ["running"];
  const Filters = [
    { Name: "instance-state-name", Values: states },
    ...filtersOf(args),
    ...tagFilters(args["instanceTags"]),
  ];
  const command = new DescribeInstancesCommand({ Filters });
  const answer = await doing("reading EC2 Instances", session.ec2(region).send(command));
  const instances = (answer.Reservations ?? []).flatMap((one) => one.Instances ?? []);
  return {
    ...args,
    id: region,
    region,
    ids: instances.map((one) => one.InstanceId ?? ""),
    instanceTags: args["instanceTags"] ?? {},
    ipv6Addresses: instances.flatMap((one) => one.Ipv6Address ?? []),
    privateIps: instances.flatMap((one) => one.PrivateIpAddress ?? []),
    publicIps: instances.flatMap((one) => one.PublicIpAddress ?? []),
  };
};

const getInstanceTypeOfferings: Lookup = async (args, session) => {
  const region = regionOf(args, session);
  const command = new DescribeInstanceTypeOfferingsCommand({
    Filters: orNone(filtersOf(args)),
    LocationType: given<LocationType>(args, "locationType"),
  });
  const answer = await doing(
    "reading EC2 Instance Type Offerings",
    session.ec2(region).send(command),
  );
  const offerings = answer.InstanceTypeOfferings ?? [];
  return {
    ...args,
    id: region,
    region,
    instanceTypes: offerings.map((one) => one.InstanceType ?? ""),
    locations: offerings.map((one) => one.Location ?? ""),
    locationTypes: offerings.map((one) => one.LocationType ?? ""),
  };
};

const getElasticIp: Lookup = async (args, session) => {
  const region = regionOf(args, session);
  const id = given<string>(args, "id");
  const publicIp = given<string>(args, "publicIp");
  const command = new DescribeAddressesCommand({
    AllocationIds: id === undefined ? undefined : [id],
    PublicIps: publicIp === undefined ? undefined : [publicIp],
    Filters: orNone([...filtersOf(args), ...tagFilters(args["tags"])]),
  });
  const answer = await doing("reading EC2 EIP", session.ec2(region).send(command));
  const [live, another] = answer.Addresses ?? [];
  if (live === undefined) throw new Error("reading EC2 EIP: no matching EC2 EIP found");
  if (another !== undefined) {
    throw new Error(
      "reading EC2 EIP: multiple EC2 EIPs matched; use additional constraints to reduce matches to a single EC2 EIP",
    );
  }
  const { tagsAll, allocationId, ...values } = addressValues(live, region);
  return {
    ...args,
    ...values,
    id: allocationId,
    region,
    tags: tagsAll,
    instanceId: live.InstanceId ?? "",
    networkInterfaceId: live.NetworkInterfaceId ?? "",
    networkInterfaceOwnerId: live.NetworkInterfaceOwnerId ?? "",
    carrierIp: "",
    customerOwnedIp: "",
    customerOwnedIpv4Pool: "",
    ipamPoolId: "",
  };
};

const getAvailabilityZones: Lookup = async (args, session) => {
  const region = regionOf(args, session);
  const state = given<string>(args, "state");
  const Filters = [
    ...filtersOf(args),
    ...(state === undefined ? [] : [{ Name: "state", Values: [state] }]),
  ];
  const command = new DescribeAvailabilityZonesCommand({
    AllAvailabilityZones: given(args, "allAvailabilityZones"),
    Filters: orNone(Filters),
  });
  const answer = await doing("reading EC2 Availability Zones", session.ec2(region).send(command));
  const names = (args["excludeNames"] ?? []) as string[];
  const ids = (args["excludeZoneIds"] ?? []) as string[];
  const zones = (answer.AvailabilityZones ?? [])
    .filter((zone) => !names.includes(zone.ZoneName ?? "") && !ids.includes(zone.ZoneId ?? ""))
    .sort((a, b) => ((a.ZoneName ?? "") < (b.ZoneName ?? "") ? -1 : 1));
  return {
    ...args,
    id: region,
    region,
    names: zones.map((zone) => zone.ZoneName ?? ""),
    zoneIds: zones.map((zone) => zone.ZoneId ?? ""),
    groupNames: [...new Set(zones.map((zone) => zone.GroupName ?? region))],
  };
};

const getCallerIdentity: Lookup = async (_args, session) => {
  const command = new GetCallerIdentityCommand({});
  const identity = await doing("reading STS Caller Identity", session.sts().send(command));
  return {
    id: identity.Account,
    accountId: identity.Account,
    arn: identity.Arn,
    userId: identity.UserId,
  };
};

const getRegion: Lookup = async (args, session) => {
  const wanted = given<string>(args, "region") ?? given<string>(args, "name") ?? session.region;
  const answer = await doing("reading Regions", session.ec2().send(new DescribeRegionsCommand({})));
  const live = (answer.Regions ?? []).find((region) => region.RegionName === wanted);
  if (live === undefined) throw new Error(`no matching EC2 Region found: ${wanted}`);
  return {
    id: wanted,
    name: wanted,
    region: wanted,
    description: wanted,
    endpoint: (live.Endpoint ?? "").replace(/^https?:\/\//, ""),
  };
};

/** All look-ups by their tokens. */
export const lookups: Readonly<Record<string, Lookup>> = {
  "aws:ec2/getAmi:getAmi": getAmi,
  "aws:ec2/getElasticIp:getElasticIp": getElasticIp,
  "aws:ec2/getInstances:getInstances": getInstances,
  "aws:ec2/getInstanceType:getInstanceType": getInstanceType,
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": getInstanceTypeOfferings,
  "aws:iam/getRole:getRole": getRole,
  "aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
  "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
  "aws:index/getRegion:getRegion": getRegion,
  "aws:route53/getZone:getZone": getZone,
};
