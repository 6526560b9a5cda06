/** Which calls change something, which of them the machines must follow, and how to take one back. */

import { withParameters, type Call } from "./call";

/** Whether a call of EC2 may change anything. */
export function changes(action: string): boolean {
  return action !== "" && !/^(Describe|Get|List|Search)/.test(action);
}

/** Whether machines, their disks, addresses or ports may look different afterwards. */
export function concernsMachines(action: string): boolean {
  return /Instance|Volume|Snapshot|Image|SecurityGroup|NetworkInterface|(Associate|Disassociate|Release)Address/.test(
    action,
  );
}

/**
 * The call as moto understands it: of changed user data it decodes the base64 text twice, where AWS
 * decodes once.
 */
export function asMotoReadsIt(call: Call): Call {
  const data = call.parameters.get("UserData.Value");
  if (call.action !== "ModifyInstanceAttribute" || data === null) return call;
  const parameters = new URLSearchParams(call.parameters);
  parameters.set("UserData.Value", Buffer.from(data, "ascii").toString("base64"));
  return withParameters(call, parameters);
}

/** A call that removes what an answer names, one parameter for each id. */
function undoing(action: string, parameter: (number: number) => string, element: string) {
  return (call: Call, answer: string): Call => {
    const parameters = new URLSearchParams({
      Action: action,
      Version: call.parameters.get("Version") ?? "",
    });
    const ids = [...answer.matchAll(new RegExp(`<${element}>([^<]+)</${element}>`, "g"))];
    [...new Set(ids.map(([, id]) => id ?? ""))].forEach((id, index) =>
      parameters.set(parameter(index + 1), id),
    );
    return { ...withParameters(call, parameters), action };
  };
}

/**
 * Calls that make something are taken back when the machines cannot follow, as AWS terminates an
 * instance that it cannot start: the caller never learnt an id, so nobody else would remove it.
 */
export const UNDO: Readonly<Record<string, (call: Call, answer: string) => Call>> = {
  RunInstances: undoing("TerminateInstances", (number) => `InstanceId.${number}`, "instanceId"),
  CreateVolume: undoing("DeleteVolume", () => "VolumeId", "volumeId"),
};
