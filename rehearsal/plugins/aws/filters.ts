/** Filters of look-ups, from the program's shape to the API's. */

import type { Filter } from "@aws-sdk/client-ec2";
import type { Values } from "../base";
import { given } from "./arguments";
import type { Session } from "./client";
import type { Tags } from "./tags";

/** One look-up: its arguments to its result. */
export type Lookup = (args: Values, session: Session) => Promise<Values>;

/** The `filters` argument of a look-up. */
export function filtersOf(args: Values): Filter[] {
  const filters = (args["filters"] ?? []) as { name: string; values: string[] }[];
  return filters.map(({ name, values }) => ({ Name: name, Values: values }));
}

/** Tags that must match exactly, as filters. */
export function tagFilters(tags: unknown): Filter[] {
  return Object.entries((tags ?? {}) as Tags).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [value],
  }));
}

/** undefined for none: an empty list of filters is an error to AWS. */
export function orNone<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** The region a look-up asks in: its own, or the provider's. */
export function regionOf(args: Values, session: Session): string {
  return given<string>(args, "region") ?? session.region;
}
