/** Between the engine's wire form of values and plain JavaScript. */

import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/** A decoded Struct: secrets and outputs unwrapped, everything not yet known is UNKNOWN. */
export type Values = Record<string, unknown>;

/** Stands for a value that a preview can't know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The engine has one such mark per kind of value; here they are all the same. */
const UNKNOWN_MARKS: ReadonlySet<unknown> = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Whether it is an object with keys, neither null nor an array. */
export function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unwrapped(value: unknown): unknown {
  if (UNKNOWN_MARKS.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (!isRecord(value)) return value;
  if (value[SIGNATURE] === SECRET) return unwrapped(value["value"]);
  if (value[SIGNATURE] === OUTPUT) {
    return value["value"] === undefined ? UNKNOWN : unwrapped(value["value"]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrapped(item)]));
}

/** A Struct as plain values; no Struct is an empty one. */
export function decode(struct: Struct | undefined): Values {
  return struct === undefined ? {} : (unwrapped(struct.toJavaScript()) as Values);
}

/** Struct has no `undefined`: such keys are left out, and such items are null. */
function encodable(value: unknown): JavaScriptValue {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(encodable);
  if (!isRecord(value)) return value as JavaScriptValue;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, encodable(item)]),
  );
}

/** Plain values as a Struct. */
export function encode(values: Values): Struct {
  return Struct.fromJavaScript(encodable(values) as Record<string, JavaScriptValue>);
}

/** Whether anything inside is not yet known. */
export function hasUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (isRecord(value)) return Object.values(value).some(hasUnknown);
  return value === UNKNOWN;
}
