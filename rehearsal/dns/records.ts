/** What the rehearsal's DNS answers, from records as Route 53 has them. Pure. */

import type { Answer, Packet } from "dns-packet";

/** All records of one name and type, as in Route 53. */
export interface RecordSet {
  /** Without a dot at the end, in lower case. */
  name: string;
  /** Such as A. */
  type: string;
  /** Seconds. */
  ttl: number;
  /** As Route 53 writes them: `"v=spf1 -all"`, `0 issue "letsencrypt.org"`. */
  values: readonly string[];
}

/** A zone and its records. */
export interface Zone {
  /** Without a dot at the end. Empty: the root, which all names belong to. */
  name: string;
  records: readonly RecordSet[];
}

export type Response = Pick<Packet, "answers" | "authorities"> & { missing: boolean };

/** A chain of aliases ends somewhere, or is a circle. */
const LONGEST_CHAIN = 8;

/** As a resolver knows it: one spelling for a name. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function isWithin(name: string, parent: string): boolean {
  return parent === "" || name === parent || name.endsWith(`.${parent}`);
}

/** Text in quotes, of which a record may have several. */
function quoted(value: string): string[] {
  return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
    text.replace(/\\(.)/g, "$1"),
  );
}

/** One value as the wire has it; undefined: a type that is not answered here. */
function dataOf(type: string, value: string): unknown {
  const words = value.trim().split(/\s+/);
  switch (type) {
    case "A":
    case "AAAA":
      return words[0];
    case "CNAME":
    case "NS":
      return plainName(words[0] ?? "");
    case "TXT":
      return quoted(value);
    case "CAA":
      return { flags: Number(words[0]), tag: words[1], value: quoted(value)[0] ?? words[2] };
    case "SOA": {
      const [serial, refresh, retry, expire, minimum] = words.slice(2).map(Number);
      const [mname = "", rname = ""] = words.map(plainName);
      return { mname, rname, serial, refresh, retry, expire, minimum };
    }
    default:
      return undefined;
  }
}

function onTheWire({ name, type, ttl, values }: RecordSet): Answer[] {
  return values
    .map((value) => ({ name, type, ttl, data: dataOf(type, value) }) as Answer)
    .filter((answer) => "data" in answer && answer.data !== undefined);
}

/** The whole DNS, as far as there is any: what no zone has belongs to the root. */
const ROOT: RecordSet = {
  name: "",
  type: "SOA",
  ttl: 900,
  values: ["a.root-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 900"],
};

/**
 * The answer to one question.
 *
 * @param name as it was asked
 * @param type such as A
 */
export function answer(zones: readonly Zone[], name: string, type: string): Response {
  const answers: Answer[] = [];
  let wanted = plainName(name);
  for (let links = 0; links < LONGEST_CHAIN; links += 1) {
    const records = zones.flatMap((zone) => zone.records);
    const here = records.filter((record) => record.name === wanted);
    const found = here.filter((record) => record.type === type);
    if (found.length > 0) {
      answers.push(...found.flatMap(onTheWire));
      return { answers, authorities: [], missing: false };
    }
    const alias = here.find((record) => record.type === "CNAME");
    if (alias === undefined) {
      // A name that only has names below it exists.
      const missing = !records.some((record) => isWithin(record.name, wanted));
      return { answers, authorities: authorityOf(zones, wanted), missing };
    }
    answers.push(...onTheWire(alias));
    wanted = plainName(alias.values[0] ?? "");
  }
  return { answers, authorities: [], missing: false };
}

function authorityOf(zones: readonly Zone[], name: string): Answer[] {
  const zone = zones
    .filter((one) => one.name !== "" && isWithin(name, one.name))
    .sort((a, b) => b.name.length - a.name.length)[0];
  const start = zone?.records.find((it) => it.type === "SOA" && it.name === zone.name);
  return onTheWire(start ?? ROOT);
}
