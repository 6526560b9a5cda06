/** Arguments and refusals that several resource types share. */

import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { Values } from "../base";
import type { Argument, Failure } from "./schema";

/** The network a CIDR block means, such as 10.0.0.0/16 for 10.0.0.5/16; undefined if it is none. */
export function networkOf(cidr: string): string | undefined {
  const [address = "", bits = ""] = cidr.split("/");
  if (!/^\d{1,3}$/.test(bits)) return undefined;
  const kind = isIPv4(address) ? ipaddr.IPv4 : isIPv6(address) ? ipaddr.IPv6 : undefined;
  if (kind === undefined) return undefined;
  try {
    return `${kind.networkAddressFromCIDR(cidr).toString()}/${bits}`;
  } catch {
    return undefined;
  }
}

function refuseCidr(family: "IPv4" | "IPv6"): (value: unknown) => string | undefined {
  return (value) => {
    const received = String(value);
    const network = networkOf(received);
    if (network === undefined || (family === "IPv6") !== network.includes(":")) {
      return `"${received}" is not a valid ${family} CIDR block`;
    }
    if (family === "IPv4" && network !== received) {
      return `"${received}" is not a valid IPv4 CIDR block; did you mean "${network}"?`;
    }
    return undefined;
  };
}

/** An IPv4 CIDR block without host bits. */
export const ipv4Cidr: Argument = { refuse: refuseCidr("IPv4") };
/** An IPv6 CIDR block in any spelling. */
export const ipv6Cidr: Argument = {
  refuse: refuseCidr("IPv6"),
  canonical: (value) => networkOf(String(value)) ?? value,
};

/** An argument that takes only these values. */
export function oneOf(...allowed: readonly string[]): Argument {
  return {
    refuse: (value) =>
      allowed.includes(String(value))
        ? undefined
        : `expected one of ${JSON.stringify(allowed)}, got ${String(value)}`,
  };
}

/** A whole number in a range. */
export function wholeNumber(least: number, most: number): Argument {
  return {
    refuse: (value) =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most
        ? undefined
        : `expected a whole number in the range (${least} - ${most}), got ${JSON.stringify(value)}`,
  };
}

/** Refuses inputs unless exactly one of the names is given. */
export function exactlyOne(inputs: Values, names: readonly string[]): Failure[] {
  const given = names.filter((name) => inputs[name] !== undefined);
  if (given.length === 1) return [];
  const reason =
    given.length === 0
      ? `one of \`${names.join(",")}\` must be specified`
      : `only one of \`${names.join(",")}\` can be specified, but \`${given.join(",")}\` were specified`;
  return [{ property: given[0] ?? names[0] ?? "", reason }];
}

/** A string input; "" where none is given. */
export function textOf(values: Values, name: string): string {
  const value = values[name];
  return typeof value === "string" ? value : "";
}

/** A value as it goes to AWS: undefined where none is given. */
export function given<T>(values: Values, name: string): T | undefined {
  const value = values[name];
  return value === null || value === "" ? undefined : (value as T | undefined);
}
