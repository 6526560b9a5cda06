/** Pebble, Let's Encrypt's own small ACME server for tests. */
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { SetupError } from "./errors.mjs";
import { aptInstall } from "./packages.mjs";
import { searchPath, which } from "./run.mjs";

/** The package of Debian and Ubuntu, and the program in it. */
const PACKAGE = "pebble";

/**
 * Whether a program is this Pebble: Canonical has a program of the same name that starts services.
 *
 * @param {string} file
 */
function isAcmeServer(file) {
  const { stdout, stderr } = spawnSync(file, ["-h"], { encoding: "utf8", timeout: 10_000 });
  return /-dnsserver\b/.test(`${stdout}${stderr}`);
}

/** @param {string[]} args */
function askDpkg(...args) {
  return execFileSync("dpkg-query", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/**
 * Its package's, for it tells none itself; else where it is.
 *
 * @param {string} file
 */
function versionOf(file) {
  try {
    const [owner = ""] = askDpkg("--search", file).split(":");
    return askDpkg("-f", "${Version}", "--show", owner);
  } catch {
    return file;
  }
}

/**
 * The one that the setting names, else the first on PATH that is an ACME server.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} programs folders of programs, separated by colons
 * @returns {import("./part.mjs").Had | undefined}
 * @throws SetupError if the setting names none
 */
export function findPebble(env, programs = searchPath()) {
  const setting = env.REHEARSAL_PEBBLE;
  if (setting) {
    const file = path.resolve(setting);
    if (isAcmeServer(file)) return had(file, "from REHEARSAL_PEBBLE");
    throw new SetupError({
      wrong: "REHEARSAL_PEBBLE is not a usable Pebble",
      received: setting,
      allowed: "the path of Let's Encrypt's Pebble, whose -h tells of -dnsserver",
      mend: "unset REHEARSAL_PEBBLE, then npm run setup",
    });
  }
  const file = which(PACKAGE, programs);
  return file && isAcmeServer(file) ? had(file, versionOf(file)) : undefined;
}

/** @param {string} pebble @param {string} took */
function had(pebble, took) {
  return { took: `Pebble ${took}`, values: { pebble } };
}

/** @param {string} received */
function noPebble(received) {
  return new SetupError({
    wrong: "the rehearsal has no Let's Encrypt",
    received,
    allowed: "Pebble 2.4 or newer, on PATH or named by REHEARSAL_PEBBLE",
    mend: "install github.com/letsencrypt/pebble, then REHEARSAL_PEBBLE=/path/of/pebble npm run setup",
  });
}

/**
 * @param {string} programs folders of this computer's programs, separated by colons
 * @returns {import("./part.mjs").Part}
 */
export function pebblePart(programs = searchPath()) {
  return {
    name: "Let's Encrypt",
    // Both use apt-get, which works for one at a time.
    needs: ["system packages"],
    async look({ env, log }) {
      const found = findPebble(env, programs);
      if (found) return found;
      return {
        what: `${PACKAGE} (apt-get)`,
        async install() {
          if (!which("apt-get", programs)) throw noPebble("no apt-get to install it with");
          const file = log("pebble");
          await aptInstall([PACKAGE], file).catch(() => {
            throw noPebble(`apt-get install ${PACKAGE} failed, see ${file}`);
          });
          const installed = findPebble(env, programs);
          if (!installed) throw noPebble(`apt-get installed another ${PACKAGE}`);
          return installed;
        },
      };
    },
  };
}
