/** What outputs and configuration of a stack tell the doctor. */
import { tokenFingerprint } from "../../providers/gitCredentialsFile";
import type { ShownConfig } from "../stackAws";
import type { StackOutputs } from "../stackServer";
import type { TokenSettings } from "./askServer";
import type { StackFacts } from "./facts";

export interface Configured extends TokenSettings {
  addressService: string;
  dnsResolvers: string[];
}

function textOf(output: unknown): string {
  return typeof output === "string" ? output : "";
}

/** Values of the project's own keys; empty where there is none. */
function reader(config: ShownConfig) {
  const keyOf = (name: string) =>
    Object.keys(config).find((key) => key.endsWith(`:${name}`) && !key.startsWith("aws:")) ?? "";
  return {
    text: (name: string) => config[keyOf(name)]?.value ?? "",
    list: (name: string) => {
      const value = config[keyOf(name)];
      const given =
        value?.objectValue ?? (value?.value ? (JSON.parse(value.value) as unknown) : []);
      return Array.isArray(given) ? given.map(String) : [];
    },
  };
}

export function stackFacts(
  stack: string,
  outputs: StackOutputs,
  config: ShownConfig,
): { facts: StackFacts; configured: Configured } {
  const { text, list } = reader(config);
  const domain = text("domain");
  const token = outputs["gitToken"] as StackFacts["token"];
  const gitToken = text("gitToken");
  const profile = config["aws:profile"]?.value;
  const facts: StackFacts = {
    stack,
    region: outputs.region,
    ...(profile && { profile }),
    instanceId: outputs.instanceId,
    publicIp: outputs.publicIp,
    sshCommand: textOf(outputs["sshCommand"]),
    sshPort: outputs.sshPort,
    domains: domain === "" ? [] : [domain, ...list("extraDomains")],
    dnsRecord: textOf(outputs["dnsRecord"]),
    isZoneManaged: text("dnsZone") !== "",
    gitHost: text("gitHost"),
    ...(token && { token }),
    ...(gitToken !== "" && { configuredToken: tokenFingerprint(gitToken) }),
    content: (outputs["content"] as StackFacts["content"] | undefined) ?? [],
  };
  return {
    facts,
    configured: {
      addressService: text("addressService"),
      dnsResolvers: list("dnsResolvers"),
      gitApi: text("gitApi"),
      gitUsername: text("gitUsername"),
      gitToken,
    },
  };
}
