/** aws.ec2.getInstanceType: what a machine of this type has. */

import {
  DescribeInstanceTypesCommand,
  type InstanceTypeInfo,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { textOf } from "./arguments";
import { doing } from "./errors";
import { regionOf, type Lookup } from "./filters";

function storage(info: InstanceTypeInfo): Values {
  const ebs = info.EbsInfo?.EbsOptimizedInfo;
  return {
    ebsEncryptionSupport: info.EbsInfo?.EncryptionSupport ?? "",
    ebsNvmeSupport: info.EbsInfo?.NvmeSupport ?? "",
    ebsOptimizedSupport: info.EbsInfo?.EbsOptimizedSupport ?? "",
    ebsPerformanceBaselineBandwidth: ebs?.BaselineBandwidthInMbps ?? 0,
    ebsPerformanceBaselineIops: ebs?.BaselineIops ?? 0,
    ebsPerformanceBaselineThroughput: ebs?.BaselineThroughputInMBps ?? 0,
    ebsPerformanceMaximumBandwidth: ebs?.MaximumBandwidthInMbps ?? 0,
    ebsPerformanceMaximumIops: ebs?.MaximumIops ?? 0,
    ebsPerformanceMaximumThroughput: ebs?.MaximumThroughputInMBps ?? 0,
    instanceStorageSupported: info.InstanceStorageSupported ?? false,
    instanceDisks: [],
    totalInstanceStorage: info.InstanceStorageInfo?.TotalSizeInGB ?? 0,
  };
}

function network(info: InstanceTypeInfo): Values {
  const net = info.NetworkInfo;
  return {
    defaultNetworkCardIndex: net?.DefaultNetworkCardIndex ?? 0,
    efaSupported: net?.EfaSupported ?? false,
    enaSrdSupported: net?.EnaSrdSupported ?? false,
    enaSupport: net?.EnaSupport ?? "",
    encryptionInTransitSupported: net?.EncryptionInTransitSupported ?? false,
    ipv6Supported: net?.Ipv6Supported ?? false,
    maximumIpv4AddressesPerInterface: net?.Ipv4AddressesPerInterface ?? 0,
    maximumIpv6AddressesPerInterface: net?.Ipv6AddressesPerInterface ?? 0,
    maximumNetworkCards: net?.MaximumNetworkCards ?? 0,
    maximumNetworkInterfaces: net?.MaximumNetworkInterfaces ?? 0,
    networkPerformance: net?.NetworkPerformance ?? "",
  };
}

function machine(info: InstanceTypeInfo): Values {
  return {
    autoRecoverySupported: info.AutoRecoverySupported ?? false,
    bareMetal: info.BareMetal ?? false,
    bootModes: info.SupportedBootModes ?? [],
    burstablePerformanceSupported: info.BurstablePerformanceSupported ?? false,
    currentGeneration: info.CurrentGeneration ?? false,
    dedicatedHostsSupported: info.DedicatedHostsSupported ?? false,
    defaultCores: info.VCpuInfo?.DefaultCores ?? 0,
    defaultThreadsPerCore: info.VCpuInfo?.DefaultThreadsPerCore ?? 0,
    defaultVcpus: info.VCpuInfo?.DefaultVCpus ?? 0,
    freeTierEligible: info.FreeTierEligible ?? false,
    hibernationSupported: info.HibernationSupported ?? false,
    hypervisor: info.Hypervisor ?? "",
    memorySize: info.MemoryInfo?.SizeInMiB ?? 0,
    supportedArchitectures: info.ProcessorInfo?.SupportedArchitectures ?? [],
    supportedPlacementStrategies: info.PlacementGroupInfo?.SupportedStrategies ?? [],
    supportedRootDeviceTypes: info.SupportedRootDeviceTypes ?? [],
    supportedUsagesClasses: info.SupportedUsageClasses ?? [],
    supportedVirtualizationTypes: info.SupportedVirtualizationTypes ?? [],
    sustainedClockSpeed: info.ProcessorInfo?.SustainedClockSpeedInGhz ?? 0,
    validCores: info.VCpuInfo?.ValidCores ?? [],
    validThreadsPerCores: info.VCpuInfo?.ValidThreadsPerCore ?? [],
  };
}

/** An unknown type is AWS's InvalidInstanceType. */
export const getInstanceType: Lookup = async (args, session) => {
  const region = regionOf(args, session);
  const type = textOf(args, "instanceType");
  const command = new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] });
  const answer = await doing(
    `reading EC2 Instance Type (${type})`,
    session.ec2(region).send(command),
  );
  const info = answer.InstanceTypes?.[0];
  if (info === undefined) throw new Error(`no matching EC2 Instance Type found: ${type}`);
  return {
    id: type,
    instanceType: type,
    region,
    ...machine(info),
    ...storage(info),
    ...network(info),
  };
};
