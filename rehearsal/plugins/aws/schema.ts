/**
 * The arguments of a resource type as a table, and what follows from it: which inputs are refused,
 * what a change means, and how live values show up as drift. Pure functions.
 */

import { UNKNOWN, hasUnknown, type Values } from "../base";

/** One argument of a resource type, or one field of a nested block. */
export interface Argument {
  /** A change makes a new resource. Default: it is changed in place. */
  replaces?: boolean;
  /** AWS chooses a value where none is given, so leaving it out again changes nothing. */
  computed?: boolean;
  required?: boolean;
  /** Value where none is given. */
  default?: string | number | boolean;
  /** A list whose order has no meaning. */
  set?: boolean;
  /** Fields of a nested block. */
  fields?: Arguments;
  /** Why AWS or the provider refuses this (known) value, or undefined. */
  refuse?(value: unknown): string | undefined;
  /** Brings two spellings of one value to one. */
  canonical?(value: unknown): unknown;
}
export type Arguments = Readonly<Record<string, Argument>>;

export interface Failure {
  property: string;
  reason: string;
}

/** One changed leaf: where, how, and whether it makes a new resource. */
export interface Change {
  /** Such as `rootBlockDevice.volumeSize`. */
  path: string;
  /** The argument it belongs to, such as `rootBlockDevice`. */
  argument: string;
  kind: "add" | "delete" | "update";
  replace: boolean;
}

/** Keys that the engine or another provider's state leaves in inputs, such as `__defaults`. */
function isInternal(key: string): boolean {
  return key.startsWith("__");
}

function isBlock(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Empty in the provider's sense: the same as not given. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isBlock(value) && Object.keys(value).length === 0;
}

/** Inputs with defaults, and everything that is wrong with them. */
export function checkArguments(
  type: string,
  table: Arguments,
  news: Values,
): { inputs: Values; failures: Failure[] } {
  const inputs: Values = {};
  const failures: Failure[] = [];
  for (const [key, value] of Object.entries(news)) {
    if (isInternal(key) || value === undefined || value === null) continue;
    const argument = table[key];
    if (argument === undefined) failures.push(unsupported(type, table, key));
    else {
      inputs[key] = value;
      failures.push(...valueFailures(type, argument, key, value));
    }
  }
  for (const [key, argument] of Object.entries(table)) {
    if (key in inputs) continue;
    if (argument.default !== undefined) inputs[key] = argument.default;
    else if (argument.required === true) failures.push(missing(key));
  }
  return { inputs, failures };
}

function missing(key: string): Failure {
  const reason = `Missing required argument. The argument "${key}" is required, but no definition was found.`;
  return { property: key, reason };
}

function unsupported(type: string, table: Arguments, key: string): Failure {
  const allowed = Object.keys(table).sort().join(", ");
  const reason =
    `The rehearsal's stand-in for the AWS provider doesn't imitate the argument "${key}" of ${type}. ` +
    `It knows: ${allowed}. Leave it out, add it to rehearsal/plugins/aws, ` +
    `or use the real plugin: REHEARSAL_PLUGIN_AWS=real npm run setup`;
  return { property: key, reason };
}

function valueFailures(type: string, argument: Argument, key: string, value: unknown): Failure[] {
  const reason = hasUnknown(value) ? undefined : argument.refuse?.(value);
  if (reason !== undefined) return [{ property: key, reason }];
  if (argument.fields === undefined || value === UNKNOWN) return [];
  if (!isBlock(value)) return [{ property: key, reason: `expected a block of fields` }];
  return checkArguments(`${type}.${key}`, argument.fields, value).failures.map((failure) => ({
    ...failure,
    property: `${key}.${failure.property}`,
  }));
}

function canonical(argument: Argument, value: unknown): unknown {
  if (hasUnknown(value)) return value;
  if (argument.canonical !== undefined) return argument.canonical(value);
  if (argument.set === true && Array.isArray(value)) {
    return [...(value as unknown[])].sort((a, b) => (text(a) < text(b) ? -1 : 1));
  }
  return value;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isBlock(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Whether two values of an argument are the same to AWS. An unknown one is never the same. */
export function sameValue(argument: Argument, a: unknown, b: unknown): boolean {
  if (hasUnknown(a) || hasUnknown(b)) return false;
  return text(canonical(argument, a)) === text(canonical(argument, b));
}

/**
 * Everything that differs between old and new inputs. An argument that nobody gave before, and whose
 * value AWS chose, is compared with that value in the old state.
 */
export function changesOf(table: Arguments, olds: Values, news: Values, state: Values): Change[] {
  return blockChanges(table, olds, news, state, "");
}

function blockChanges(
  table: Arguments,
  olds: Values,
  news: Values,
  state: Values,
  under: string,
): Change[] {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...keys]
    .filter((key) => !isInternal(key))
    .flatMap((key) => {
      const argument = table[key] ?? {};
      const chosen = argument.computed === true ? state[key] : undefined;
      const path = under === "" ? key : `${under}.${key}`;
      return argumentChanges(argument, path, olds[key] ?? chosen, news[key], chosen);
    });
}

function argumentChanges(
  argument: Argument,
  path: string,
  old: unknown,
  now: unknown,
  chosen: unknown,
): Change[] {
  if (now === undefined && argument.computed === true) return [];
  if (isEmpty(old) && isEmpty(now)) return [];
  if (old === undefined && isBlock(now) && argument.fields !== undefined) old = {};
  if (isBlock(old) && isBlock(now)) {
    const fields = argument.fields ?? {};
    const before =
      argument.fields === undefined
        ? old
        : pick(old, [...Object.keys(now), ...Object.keys(fields)]);
    return blockChanges(fields, before, now, isBlock(chosen) ? chosen : {}, path).map((change) => ({
      ...change,
      replace: change.replace || argument.replaces === true,
    }));
  }
  if (sameValue(argument, old, now)) return [];
  const kind = old === undefined ? "add" : now === undefined ? "delete" : "update";
  const name = path.split(".")[0] ?? path;
  return [{ path, argument: name, kind, replace: argument.replaces === true }];
}

function pick(values: Values, keys: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

/**
 * Old inputs as they stand in AWS now: an input keeps its spelling while it means the same, takes
 * the live value where it differs, and an argument that nobody set but that is set in AWS shows up.
 * Of the live values undefined means "can't be seen in AWS" and null "is not set in AWS".
 * Without old inputs (an import) every argument that AWS has a value for is one.
 */
export function liveInputs(
  table: Arguments,
  olds: Values,
  live: Values,
  importing = Object.keys(olds).length === 0,
): Values {
  const inputs: Values = { ...olds };
  for (const [key, argument] of Object.entries(table)) {
    const value = live[key];
    if (value === undefined) continue;
    if (value === null) delete inputs[key];
    else if (key in olds) inputs[key] = liveValue(argument, olds[key], value);
    else if (!isEmpty(value) && (importing || shows(argument, value))) {
      inputs[key] = importing ? onlyArguments(argument, value) : value;
    }
  }
  return inputs;
}

/** A live block without what AWS tells of it beyond its arguments. */
function onlyArguments(argument: Argument, value: unknown): unknown {
  if (argument.fields === undefined || !isBlock(value)) return value;
  return liveInputs(argument.fields, {}, value);
}

/** Whether a value nobody asked for is drift: AWS didn't choose it, and it isn't the default. */
function shows(argument: Argument, value: unknown): boolean {
  return argument.computed !== true && value !== argument.default;
}

function liveValue(argument: Argument, old: unknown, live: unknown): unknown {
  if (argument.fields !== undefined && isBlock(old) && isBlock(live)) {
    return liveInputs(argument.fields, old, live, false);
  }
  if (isEmpty(old) && isEmpty(live)) return old;
  return sameValue(argument, old, live) ? old : live;
}
