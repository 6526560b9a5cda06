/** Elastic IPs. */

import { AwsRefusal } from "../call";
import type { Circumstances, Rule } from "../strictness";

async function allocate(_call: URLSearchParams, { look, quotas }: Circumstances): Promise<void> {
  if (quotas.addresses === undefined) return;
  if ((await look.addresses()).length >= quotas.addresses) {
    throw new AwsRefusal(
      "AddressLimitExceeded",
      "The maximum number of addresses has been reached.",
    );
  }
}

async function associate(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("InstanceId") ?? "";
  const instance = id === "" ? undefined : await look.instance(id);
  if (instance === undefined) return;
  if (!["pending", "running", "stopping", "stopped"].includes(instance.State?.Name ?? "")) {
    throw new AwsRefusal(
      "InvalidInstanceID",
      `The instance '${id}' is not in a valid state for this operation.`,
    );
  }
  const vpc = instance.VpcId ?? "";
  if ((await look.gatewaysOf(vpc)).length === 0) {
    throw new AwsRefusal(
      "Gateway.NotAttached",
      `Network ${vpc} is not attached to any internet gateway`,
    );
  }
}

async function release(call: URLSearchParams, { look }: Circumstances): Promise<void> {
  const id = call.get("AllocationId") ?? "";
  const address = (await look.addresses()).find(({ AllocationId }) => AllocationId === id);
  if ((address?.AssociationId ?? "") !== "") {
    throw new AwsRefusal("InvalidIPAddress.InUse", `Address ${address?.PublicIp ?? ""} is in use.`);
  }
}

export const addressRules: Readonly<Record<string, Rule>> = {
  AllocateAddress: allocate,
  AssociateAddress: associate,
  ReleaseAddress: release,
};
