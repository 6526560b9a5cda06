/** Runs other programs: output to a log file, one error with its last lines. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { SetupError } from "./errors.mjs";

/** Lines of a failed command's output that its error repeats. */
const LAST_LINES = 20;

/**
 * @typedef {object} RunOptions
 * @property {string} log file that the output is added to
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment
 * @property {boolean} [asRoot] with sudo unless this user is root
 * @property {number} [limitSeconds] the command is ended after so many seconds; default: no limit
 */

/**
 * The command line that runs `command` as root.
 *
 * @param {readonly string[]} command
 * @param {number} uid
 */
export function rootCommand(command, uid = process.getuid?.() ?? 0) {
  return uid === 0 ? [...command] : ["sudo", ...command];
}

/**
 * @param {readonly string[]} command program and arguments
 * @param {RunOptions} options
 * @returns {Promise<string>} what it wrote to standard output
 */
export function run(command, { log, cwd, env, asRoot, limitSeconds }) {
  const [program = "", ...args] = asRoot ? rootCommand(command) : command;
  if (program === "sudo" && !which("sudo")) return Promise.reject(noRoot(command));
  fs.mkdirSync(path.dirname(log), { recursive: true });
  fs.appendFileSync(log, `\n$ ${command.join(" ")}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...(asRoot && { PATH: searchPath() }), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitSeconds === undefined ? undefined : limitSeconds * 1000,
    });
    let output = "";
    let all = "";
    /** @param {Buffer} data */
    const keep = (data) => {
      fs.appendFileSync(log, data);
      all = (all + data.toString()).slice(-20_000);
    };
    child.stdout.on("data", (data) => {
      output += String(data);
      keep(data);
    });
    child.stderr.on("data", keep);
    /** @param {string} how */
    const fail = (how) =>
      reject(
        new SetupError({
          wrong: `\`${command.slice(0, 4).join(" ")}\` failed (${how})`,
          received: `\n${lastLines(all)}`,
          mend: `see ${log}, then npm run setup`,
        }),
      );
    child.on("error", (error) => fail(error.message));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else if (signal && limitSeconds) fail(`not done after ${limitSeconds} s`);
      else fail(signal ?? `exit status ${code}`);
    });
  });
}

/** PATH and the folders of system programs, which a user's PATH may lack. */
export function searchPath() {
  return [process.env.PATH, "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"]
    .filter(Boolean)
    .join(":");
}

/** @param {readonly string[]} command */
function noRoot(command) {
  return new SetupError({
    wrong: `\`${command.slice(0, 4).join(" ")}\` needs root`,
    received: `user ${process.getuid?.()}, and no sudo`,
    allowed: "root, or a user who may use sudo",
    mend: "npm run setup as root, or install sudo",
  });
}

/** @param {string} text */
function lastLines(text) {
  return text.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
}

/**
 * Absolute path of a program, or undefined.
 *
 * @param {string} program
 * @param {string} searchPath folders separated by colons
 */
export function which(program, searchPath = process.env.PATH ?? "") {
  return searchPath
    .split(":")
    .filter(Boolean)
    .map((folder) => path.join(folder, program))
    .find(isExecutable);
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Whether a download host answers at all within three seconds. Any HTTP status is an answer.
 *
 * @param {string} host
 */
export async function answers(host) {
  try {
    await fetch(`https://${host}/`, { method: "HEAD", signal: AbortSignal.timeout(3000) });
    return true;
  } catch {
    return false;
  }
}
