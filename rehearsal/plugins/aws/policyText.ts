/** Policies as arguments of resources. */

import type { Argument } from "./schema";

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value)) as unknown;
  } catch {
    return undefined;
  }
}

/** A policy's JSON text. The order of keys has no meaning. */
export const policyText: Argument = {
  required: true,
  refuse: (value) =>
    typeof parsed(value) === "object" ? undefined : `contains an invalid JSON policy`,
  canonical: (value) => {
    const policy = parsed(value);
    return policy === undefined ? value : JSON.stringify(sorted(policy));
  },
};
