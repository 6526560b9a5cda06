/** Where everything built lives, and how set-up knows that it is still what it should be. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * Folder of everything that is built or kept, outside the clone.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function cacheRoot(env = process.env) {
  if (env.TLJH_WORKSHOP_CACHE) return path.resolve(env.TLJH_WORKSHOP_CACHE);
  const base = env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), ".cache");
  return path.join(base, "tljh-workshop");
}

/**
 * First 16 hexadecimal digits of the SHA-256 of all texts; their borders count.
 *
 * @param {readonly (string | Buffer)[]} texts
 */
export function contentHash(texts) {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex").slice(0, 16);
}

/** @param {string} file */
export function fileHash(file) {
  return contentHash([fs.readFileSync(file)]);
}

/**
 * Hash of all files in a folder, of their names and modes.
 *
 * @param {string} folder
 */
export function folderHash(folder) {
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return contentHash(
    files.flatMap((file) => [
      path.relative(folder, file),
      String(fs.statSync(file).mode & 0o111),
      fs.readFileSync(file),
    ]),
  );
}

/**
 * The JSON value of a file, or undefined if there is none that can be read.
 *
 * @param {string} file
 */
export function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Writes to a temporary name first, so that no reader sees half a file.
 *
 * @param {string} file
 * @param {unknown} value
 */
export function writeJson(file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify(value, null, 2) + "\n");
  fs.renameSync(temporary, file);
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * Download hosts that did not answer, so that each is asked once a day only.
 *
 * @param {string} cache
 */
export function refusals(cache) {
  const file = path.join(cache, "refusals.json");
  return {
    /** @param {string} host */
    has: (host) => Date.now() - (readJson(file)?.[host] ?? 0) < DAY,
    /** @param {string} host */
    add: (host) => writeJson(file, { ...readJson(file), [host]: Date.now() }),
  };
}
