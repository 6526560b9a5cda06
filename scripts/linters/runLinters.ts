/** All that is looked at without running the program: types, style, format, scripts, tables. */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { isShellScript } from "./shellScripts";

interface Check {
  name: string;
  command: readonly string[];
}

/** Everything in the clone that git does not ignore, new files included. */
function sourceFiles(): string[] {
  const list = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    {
      encoding: "utf8",
    },
  );
  return list.split("\0").filter((file) => file !== "" && fs.existsSync(file));
}

function firstLine(file: string): string {
  return fs.readFileSync(file, "utf8").split("\n", 1)[0] ?? "";
}

/** Results of earlier runs are kept here; deleting them only costs time. */
const CACHE = "node_modules/.cache";

function allChecks(): Check[] {
  const scripts = sourceFiles().filter((file) => isShellScript(file, firstLine));
  const checks: Check[] = [
    {
      name: "type-check",
      command: ["tsc", "--noEmit", "--incremental", "--tsBuildInfoFile", `${CACHE}/types.json`],
    },
    {
      name: "eslint",
      command: ["eslint", ".", "--max-warnings=0"],
    },
    {
      name: "prettier",
      command: ["prettier", "--check", ".", "--log-level=warn"],
    },
    { name: "shellcheck", command: ["shellcheck", ...scripts] },
  ];
  const table = "scripts/configTable.ts";
  if (fs.existsSync(table)) {
    checks.push({ name: "table of configuration", command: ["tsx", table, "--check"] });
  }
  return checks;
}

/** Runs one check; its output is shown only if it fails. */
function passes({ name, command }: Check): Promise<boolean> {
  const started = Date.now();
  const [program = "", ...args] = command;
  const PATH = `node_modules/.bin:${process.env.PATH ?? ""}`;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const keep = (data: Buffer) => (output += data.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const done = (passed: boolean, why = "") => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`${passed ? "✔" : "✖"} ${name} (${seconds} s)`);
      if (!passed) console.log(why || output.trimEnd());
      resolve(passed);
    };
    child.on("error", (error) => done(false, `${error.message}\n  to mend:  npm run setup`));
    child.on("close", (code) => {
      if (child.pid !== undefined) done(code === 0);
    });
  });
}

/**
 * Runs all checks from the root of the clone, and says of each whether it passed.
 *
 * @returns whether all passed
 */
export async function runLinters(): Promise<boolean> {
  const results = await Promise.all(allChecks().map(passes));
  return results.every((passed) => passed);
}
