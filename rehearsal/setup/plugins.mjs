/**
 * The provider plugins: the real ones where they can be downloaded, else the stand-ins of
 * rehearsal/plugins, each bundled to one file. They live in a PULUMI_HOME of their own, so that a
 * stand-in never shadows a real plugin.
 */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { fileHash, readJson, refusals, writeJson } from "./cache.mjs";
import { SetupError } from "./errors.mjs";
import { answers, run } from "./run.mjs";

const DOWNLOAD_HOST = "get.pulumi.com";
/** Plugins that the program's packages ask for; the versions are those of the packages. */
const PLUGINS = ["aws", "command", "tls"];
const MODES = ["auto", "real", "stand-in"];

/**
 * What a plugin shall be: REHEARSAL_PLUGIN_AWS and so on, else REHEARSAL_PLUGINS, else auto.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {"auto" | "real" | "stand-in"}
 */
export function pluginMode(name, env) {
  const key = `REHEARSAL_PLUGIN_${name.toUpperCase()}`;
  const [setting, value] = env[key]
    ? [key, env[key]]
    : ["REHEARSAL_PLUGINS", env.REHEARSAL_PLUGINS || "auto"];
  if (value === "auto" || value === "real" || value === "stand-in") return value;
  throw new SetupError({
    wrong: `${setting} has an unknown value`,
    received: String(value),
    allowed: MODES.join(", "),
    mend: `export ${setting}=auto`,
  });
}

/**
 * What an installed plugin was made of.
 *
 * @typedef {{ version: string, kind: "real" | "stand-in", sources?: Record<string, string> }} Stamp
 */

/**
 * @param {string} root
 * @param {Record<string, string>} sources file, relative to the clone, to its hash
 */
function unchanged(root, sources) {
  return Object.entries(sources).every(([file, hash]) => {
    const full = path.join(root, file);
    return fs.existsSync(full) && fileHash(full) === hash;
  });
}

/**
 * Whether an installed plugin is what is wanted now.
 *
 * @param {Stamp | undefined} stamp
 * @param {{ version: string, mode: "auto" | "real" | "stand-in", refused: boolean,
 *           sourcesUnchanged: (sources: Record<string, string>) => boolean }} wanted
 */
export function isCurrent(stamp, { version, mode, refused, sourcesUnchanged }) {
  if (stamp?.version !== version) return false;
  if (stamp.kind === "real") return mode !== "stand-in";
  // A stand-in is only second best: ask for the real one again when a refusal is a day old.
  const wanted = mode === "stand-in" || (mode === "auto" && refused);
  return wanted && sourcesUnchanged(stamp.sources ?? {});
}

/** @param {string} name @param {string} root */
function lockedVersion(name, root) {
  const locked = readJson(path.join(root, "package-lock.json"))?.packages;
  return String(locked?.[`node_modules/@pulumi/${name}`]?.version);
}

/**
 * @param {string} name
 * @returns {import("./part.mjs").Part}
 */
function plugin(name) {
  return {
    name: `plugin ${name}`,
    needs: ["npm packages", "pulumi CLI"],
    async look(context) {
      const { root, cache, env } = context;
      const version = lockedVersion(name, root);
      const mode = pluginMode(name, env);
      const home = path.join(cache, "pulumi-home");
      const stampFile = path.join(home, `${name}.json`);
      const folder = path.join(home, "plugins", `resource-${name}-v${version}`);
      const refused = refusals(cache).has(DOWNLOAD_HOST);
      /** @type {Stamp | undefined} */
      const stamp = fs.existsSync(folder) ? readJson(stampFile) : undefined;
      /** @param {"real" | "stand-in"} kind */
      const had = (kind) => ({
        took: `${kind}, ${version}`,
        values: { pulumiHome: home, plugins: { [name]: kind } },
      });
      /** @param {Record<string, string>} sources */
      const sourcesUnchanged = (sources) => unchanged(root, sources);
      if (stamp && isCurrent(stamp, { version, mode, refused, sourcesUnchanged })) {
        return had(stamp.kind);
      }
      return {
        what: { auto: "real, else stand-in", real: "real", "stand-in": "stand-in" }[mode],
        async install({ pulumi = "" }) {
          fs.rmSync(stampFile, { force: true });
          const target = { name, version, home, pulumi, log: context.log(`plugin-${name}`) };
          const made = await installPlugin(target, mode, context);
          writeJson(stampFile, made);
          return had(made.kind);
        },
      };
    },
  };
}

/**
 * @typedef {{ name: string, version: string, home: string, pulumi: string, log: string }} Target
 */

/**
 * @param {Target} target
 * @param {"auto" | "real" | "stand-in"} mode
 * @param {import("./part.mjs").Context} context
 * @returns {Promise<Stamp>}
 */
async function installPlugin(target, mode, { root, cache }) {
  const refused = refusals(cache);
  if (mode === "real" || (mode === "auto" && !refused.has(DOWNLOAD_HOST))) {
    const failure = (await answers(DOWNLOAD_HOST))
      ? await pulumiInstall(target, []).catch((/** @type {Error} */ error) => error.message)
      : `${DOWNLOAD_HOST} does not answer`;
    if (failure === undefined) return { version: target.version, kind: "real" };
    if (mode === "real") throw noRealPlugin(target, failure);
    refused.add(DOWNLOAD_HOST);
  }
  const { folder, sources } = await bundle(target.name, root, cache);
  await pulumiInstall(target, ["--file", folder]);
  return { version: target.version, kind: "stand-in", sources };
}

/** @param {Target} target @param {string} failure */
function noRealPlugin({ name, version }, failure) {
  return new SetupError({
    wrong: `the real plugin ${name} ${version} cannot be downloaded`,
    received: failure,
    mend: `unset REHEARSAL_PLUGINS REHEARSAL_PLUGIN_${name.toUpperCase()} for the stand-in, then npm run setup`,
  });
}

/** @param {Target} target @param {string[]} extra @returns {Promise<undefined>} */
async function pulumiInstall({ name, version, home, pulumi, log }, extra) {
  const command = [pulumi, "plugin", "install", "resource", name, version, "--reinstall"];
  await run([...command, ...extra], {
    log,
    env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "1" },
    limitSeconds: 600,
  });
}

/**
 * One CommonJS file and an executable that starts it.
 *
 * @param {string} name
 * @param {string} root
 * @param {string} cache
 */
async function bundle(name, root, cache) {
  const folder = path.join(cache, "plugins", name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const esbuild = await import(
    pathToFileURL(path.join(root, "node_modules/esbuild/lib/main.js")).href
  );
  const { metafile } = await esbuild
    .build({
      absWorkingDir: root,
      entryPoints: [`rehearsal/plugins/${name}/main.ts`],
      outfile: path.join(folder, "main.cjs"),
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      metafile: true,
      logLevel: "silent",
      // ssh2 tries them and does without.
      external: ["*.node", "cpu-features"],
    })
    .catch((/** @type {Error} */ error) => {
      throw new SetupError({
        wrong: `the stand-in for plugin ${name} cannot be bundled`,
        received: error.message,
        mend: `correct rehearsal/plugins/${name}, then npm run setup`,
      });
    });
  const start = path.join(folder, `pulumi-resource-${name}`);
  fs.writeFileSync(start, '#!/bin/sh\nexec node "$(dirname "$0")/main.cjs" "$@"\n', {
    mode: 0o755,
  });
  return { folder, sources: hashes(root, Object.keys(metafile.inputs)) };
}

/**
 * The bundle's own files, and for all packages the lock file.
 *
 * @param {string} root
 * @param {string[]} inputs
 * @returns {Record<string, string>}
 */
function hashes(root, inputs) {
  const own = inputs.filter((file) => !file.startsWith("node_modules/"));
  return Object.fromEntries(
    [...own, "package-lock.json"].map((file) => [file, fileHash(path.join(root, file))]),
  );
}

/** @type {readonly import("./part.mjs").Part[]} */
export const plugins = PLUGINS.map(plugin);
