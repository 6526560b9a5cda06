/** The default comparison of a resource's old inputs with its new ones. */

import { isRecord, type Values } from "./values";

/** One changed property. */
export interface PropertyChange {
  kind: "add" | "delete" | "update";
  /** Whether this change makes a new resource. */
  replace?: boolean;
  /** Whether inputs are compared, not outputs. */
  inputDiff?: boolean;
}

/** What a change of inputs means. */
export interface Diff {
  changes: boolean;
  /** Top-level properties that make a new resource. */
  replaces?: string[];
  /** By property path: `tags.Name`, `triggers[0]`. */
  detailed?: Record<string, PropertyChange>;
  /** Default false: the new one is made before the old one is deleted. */
  deleteBeforeReplace?: boolean;
}

/** `child` below `parent`, in the engine's notation. */
function below(parent: string, child: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(child)) return `${parent}[${JSON.stringify(child)}]`;
  return parent === "" ? child : `${parent}.${child}`;
}

function children(value: unknown, path: string): Map<string, unknown> | undefined {
  if (Array.isArray(value)) {
    return new Map(value.map((item: unknown, index) => [`${path}[${index}]`, item]));
  }
  if (!isRecord(value)) return undefined;
  return new Map(Object.entries(value).map(([key, item]) => [below(path, key), item]));
}

/** Paths at which two values differ; null and absent are the same. */
function compare(path: string, before: unknown, after: unknown): [string, PropertyChange][] {
  const absentBefore = before === undefined || before === null;
  const absentAfter = after === undefined || after === null;
  if (absentBefore || absentAfter) {
    if (absentBefore && absentAfter) return [];
    return [[path, { kind: absentBefore ? "add" : "delete", inputDiff: true }]];
  }
  const olds = children(before, path);
  const news = children(after, path);
  if (olds === undefined || news === undefined || Array.isArray(before) !== Array.isArray(after)) {
    return before === after ? [] : [[path, { kind: "update", inputDiff: true }]];
  }
  const paths = [...new Set([...olds.keys(), ...news.keys()])];
  return paths.flatMap((child) => compare(child, olds.get(child), news.get(child)));
}

/**
 * Compares inputs, whatever the order of their keys.
 * @param replaceOn Properties of which every change makes a new resource.
 */
export function diffInputs(olds: Values, news: Values, replaceOn: readonly string[] = []): Diff {
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
  const replaces: string[] = [];
  const detailed: Record<string, PropertyChange> = {};
  for (const key of keys.filter((name) => !name.startsWith("__"))) {
    const replace = replaceOn.includes(key);
    const found = compare(below("", key), olds[key], news[key]);
    if (replace && found.length > 0) replaces.push(key);
    for (const [path, change] of found) detailed[path] = { ...change, replace };
  }
  return { changes: Object.keys(detailed).length > 0, replaces, detailed };
}
