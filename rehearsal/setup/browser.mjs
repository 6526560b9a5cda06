/** A Chromium for the tests that look at the hub as a participant does. Only tests need it. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { SetupError } from "./errors.mjs";
import { aptInstall } from "./packages.mjs";
import { searchPath, which } from "./run.mjs";

/** Debian's package, and the program in it. Ubuntu has none of this name: there it is a snap. */
const PACKAGE = "chromium";

/** The package of the program that tells a browser whom to trust, on Debian and Ubuntu. */
const TRUST = { package: "libnss3-tools", program: "certutil" };

/** Programs that do, the first one found wins. Ubuntu's `chromium-browser` may be an empty shell. */
const PROGRAMS = [PACKAGE, "google-chrome-stable", "google-chrome", "chromium-browser"];

/**
 * What a program calls itself, such as "Chromium 142.0.7444.59"; undefined if it is no browser that
 * starts.
 *
 * @param {string} file
 */
function versionOf(file) {
  try {
    const printed = execFileSync(file, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    });
    return /^(?:Google Chrome|Chromium)\b.*? [\d.]+/m.exec(printed)?.[0];
  } catch {
    return undefined;
  }
}

/**
 * The browser that the setting names, else the first on PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} programs folders of programs, separated by colons
 * @returns {import("./part.mjs").Had | undefined}
 * @throws SetupError if the setting names no browser
 */
export function findBrowser(env, programs = searchPath()) {
  const setting = env.REHEARSAL_CHROMIUM;
  if (setting) {
    const file = path.resolve(setting);
    const version = versionOf(file);
    if (version) return had(file, `${version} from REHEARSAL_CHROMIUM`);
    throw new SetupError({
      wrong: "REHEARSAL_CHROMIUM is not a usable browser",
      received: setting,
      allowed: "the path of a Chromium or Google Chrome whose --version says so",
      mend: "unset REHEARSAL_CHROMIUM, then npm run setup -- --tests",
    });
  }
  for (const name of PROGRAMS) {
    const file = which(name, programs);
    const version = file && versionOf(file);
    if (file && version) return had(file, version);
  }
  return undefined;
}

/** @param {string} chromium @param {string} took */
function had(chromium, took) {
  return { took, values: { chromium } };
}

/** @param {string} received */
function noBrowser(received) {
  return new SetupError({
    wrong: "the tests have no browser",
    received,
    allowed: `Chromium or Google Chrome, on PATH or named by REHEARSAL_CHROMIUM, and ${TRUST.program}`,
    mend: "install one, then REHEARSAL_CHROMIUM=/path/of/the/browser npm test",
  });
}

/**
 * @param {string} programs folders of this computer's programs, separated by colons
 * @returns {import("./part.mjs").Part}
 */
export function browserPart(programs = searchPath()) {
  return {
    name: "browser",
    // All use apt-get, which works for one at a time.
    needs: ["system packages", "Let's Encrypt"],
    async look({ env, log }) {
      const found = findBrowser(env, programs);
      const missing = [
        ...(found ? [] : [PACKAGE]),
        ...(which(TRUST.program, programs) ? [] : [TRUST.package]),
      ];
      if (found && missing.length === 0) return found;
      const names = missing.join(" ");
      return {
        what: `${names} (apt-get), for the tests`,
        async install() {
          if (!which("apt-get", programs)) throw noBrowser(`no apt-get to install ${names} with`);
          const file = log("browser");
          await aptInstall(missing, file).catch((/** @type {Error} */ error) => {
            throw noBrowser(`apt-get install ${names} failed, see ${file}${reason(error)}`);
          });
          const installed = findBrowser(env, programs);
          if (!installed) throw noBrowser(`apt-get installed ${PACKAGE}, and it does not start`);
          return installed;
        },
      };
    },
  };
}

/**
 * What apt-get says is wrong: lines that begin with "E: ".
 *
 * @param {Error} error
 */
function reason({ message }) {
  return message
    .split("\n")
    .filter((line) => line.startsWith("E: "))
    .map((line) => `\n    ${line}`)
    .join("");
}
