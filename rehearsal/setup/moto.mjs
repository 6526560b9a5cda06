/** moto, the stand-in for AWS's API, in a virtual environment of its own. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { contentHash } from "./cache.mjs";
import { SetupError } from "./errors.mjs";
import { run } from "./run.mjs";

/** The pinned versions need at least this Python. */
const OLDEST = [3, 11];

/**
 * @param {string} version such as "3.11.7"
 * @returns {boolean}
 */
export function isNewEnoughPython(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function pythonVersion() {
  try {
    return execFileSync("python3", ["-c", "import platform; print(platform.python_version())"], {
      encoding: "utf8",
    }).trim();
  } catch {
    return "none";
  }
}

/** @type {import("./part.mjs").Part} */
export const moto = {
  name: "moto",
  needs: [],
  async look({ root, cache, log }) {
    const requirements = path.join(root, "rehearsal/moto/requirements.txt");
    const text = fs.readFileSync(requirements, "utf8");
    const folder = path.join(cache, "moto", contentHash([text]));
    const python = path.join(folder, "bin/python");
    const complete = path.join(folder, "complete");
    const version = /^moto==(.*)$/m.exec(text)?.[1] ?? "";
    const had = { took: `moto ${version} from PyPI`, values: { motoPython: python } };
    if (fs.existsSync(complete) && fs.existsSync(python)) return had;
    return {
      what: `moto ${version} in a virtual environment (PyPI)`,
      async install() {
        await makeEnvironment(folder, requirements, log("moto"));
        fs.writeFileSync(complete, "");
        return had;
      },
    };
  },
};

/**
 * @param {string} folder
 * @param {string} requirements
 * @param {string} log
 */
async function makeEnvironment(folder, requirements, log) {
  const found = pythonVersion();
  if (!isNewEnoughPython(found)) {
    throw new SetupError({
      wrong: "Python is missing or too old",
      received: `python3 is ${found}`,
      allowed: `python3 ${OLDEST.join(".")} or newer`,
      mend: "sudo apt-get install python3 python3-venv",
    });
  }
  fs.rmSync(folder, { recursive: true, force: true });
  try {
    await run(["python3", "-m", "venv", folder], { log });
  } catch (error) {
    // Debian's Python has no ensurepip of its own.
    if (!String(error).includes("ensurepip")) throw error;
    throw new SetupError({
      wrong: "Python cannot make virtual environments",
      received: "no module ensurepip",
      mend: "sudo apt-get install python3-venv, then npm run setup",
    });
  }
  const pip = [path.join(folder, "bin/python"), "-m", "pip"];
  await run([...pip, "install", "--no-deps", "--no-input", "-r", requirements], { log });
}
