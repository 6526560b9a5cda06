/** Looks at all parts, then installs the missing ones, those that need no other at the same time. */
import { spawnSync } from "node:child_process";
import { rootCommand } from "./run.mjs";

/**
 * @typedef {import("./part.mjs").Part} Part
 * @typedef {import("./part.mjs").Had} Had
 * @typedef {import("./part.mjs").Missing} Missing
 * @typedef {{ part: Part, found: Had | Missing }} Looked
 * @typedef {{ part: string, took: string, seconds: number }} Row
 */

/**
 * What is there and what is missing; the latter is listed.
 *
 * @param {readonly Part[]} parts
 * @param {import("./part.mjs").Context} context
 * @param {(line: string) => void} say
 * @returns {Promise<Looked[]>}
 */
export async function lookAll(parts, context, say) {
  const looked = await Promise.all(
    parts.map(async (part) => ({ part, found: await part.look(context) })),
  );
  const missing = looked.flatMap(({ part, found }) =>
    "install" in found ? [`  ${part.name}: ${found.what}`] : [],
  );
  if (missing.length > 0) {
    say(`Set-up will install (kept in ${context.cache}):\n${missing.join("\n")}`);
  }
  return looked;
}

/** A password is asked for once, before output of several parts is mixed. */
function askForRoot() {
  if (rootCommand([])[0] === "sudo") spawnSync("sudo", ["-v"], { stdio: "inherit" });
}

/**
 * Installs what is missing, each part as soon as those it needs are there. The first failure ends
 * the set-up after the parts that are under way.
 *
 * @param {readonly Looked[]} looked
 * @param {(line: string) => void} say
 * @returns {Promise<{ values: Partial<import("./part.mjs").Toolchain>, table: Row[] }>}
 */
export async function installAll(looked, say) {
  if (looked.some(({ found }) => "install" in found)) askForRoot();
  /** @type {Partial<import("./part.mjs").Toolchain>} */
  const values = {};
  /** @type {Map<string, Promise<Row>>} */
  const rows = new Map();
  for (const { part, found } of looked) rows.set(part.name, finish(part, found));
  const settled = await Promise.allSettled(rows.values());
  const failed = settled.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return { values, table: await Promise.all(rows.values()) };

  /** @param {Part} part @param {Had | Missing} found @returns {Promise<Row>} */
  async function finish(part, found) {
    await Promise.all(part.needs.map((name) => rows.get(name)));
    const started = Date.now();
    const had = "install" in found ? await found.install(values) : found;
    const { plugins, ...others } = had.values;
    Object.assign(values, others);
    if (plugins) values.plugins = { ...values.plugins, ...plugins };
    const seconds = (Date.now() - started) / 1000;
    const time = "install" in found ? `${seconds.toFixed(1)} s` : "there";
    say(`  ${part.name.padEnd(16)} ${time.padStart(7)}  ${had.took}`);
    return { part: part.name, took: had.took, seconds };
  }
}
