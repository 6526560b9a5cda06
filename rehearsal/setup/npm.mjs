/** npm packages: exactly those of package-lock.json. */
import fs from "node:fs";
import path from "node:path";
import { readJson } from "./cache.mjs";
import { run } from "./run.mjs";

/**
 * @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} Packages
 */

/**
 * Folders of packages that are locked but not installed in that version. An optional package may
 * be absent: it is another platform's.
 *
 * @param {Packages} locked `packages` of package-lock.json
 * @param {Packages} installed `packages` of node_modules/.package-lock.json
 * @returns {string[]}
 */
export function missingPackages(locked, installed) {
  return Object.entries(locked)
    .filter(([folder, wanted]) => {
      if (folder === "" || wanted.link) return false;
      const found = installed[folder];
      return found ? found.version !== wanted.version : !wanted.optional;
    })
    .map(([folder]) => folder);
}

/** @type {import("./part.mjs").Part} */
export const npm = {
  name: "npm packages",
  needs: [],
  async look({ root, log }) {
    const locked = readJson(path.join(root, "package-lock.json"))?.packages ?? {};
    const installed = readJson(path.join(root, "node_modules/.package-lock.json"))?.packages ?? {};
    const missing = missingPackages(locked, installed);
    const removed = Object.keys(installed).filter((name) => !fs.existsSync(path.join(root, name)));
    const had = { took: `${Object.keys(installed).length} packages`, values: {} };
    if (missing.length + removed.length === 0) return had;
    return {
      what: `${Object.keys(locked).length - 1} packages of package-lock.json`,
      async install() {
        // Without install scripts: all that they would do is compile an optional speed-up of ssh2.
        await run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
          cwd: root,
          log: log("npm"),
        });
        return { took: "npm ci", values: {} };
      },
    };
  },
};
