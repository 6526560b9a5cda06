/** Files that only their owner can read. */
import fs from "node:fs";
import path from "node:path";
import { formatProblem } from "../components/text";

/** Written to a temporary name, so that it never has more rights or half its text. */
export function writeOwn(file: string, text: string): void {
  const part = `${file}.${process.pid}`;
  fs.writeFileSync(part, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600 });
  fs.renameSync(part, file);
}

/**
 * A folder that nobody else can look into.
 *
 * @param option of the command that names another one
 * @throws Error when it is there already, and open to others
 */
export function ownFolder(folder: string, option = "--out", inside = "slips"): void {
  const isNew = fs.mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
  if (isNew) fs.chmodSync(folder, 0o700);
  const { mode, uid } = fs.statSync(folder);
  if ((mode & 0o077) === 0 && uid === (process.getuid?.() ?? uid)) return;
  throw new Error(
    formatProblem({
      wrong: "The folder is open to others on this computer",
      received: `${folder}: mode ${(mode & 0o777).toString(8)}`,
      allowed: "a folder that is new, or yours alone (mode 700)",
      mend: `${option} ${path.join(folder, inside)}, or: chmod 700 ${folder}`,
    }),
  );
}

/** A path as the person meant it: `npm run` changes the folder. */
export function asCalled(file: string): string {
  return path.resolve(process.env["INIT_CWD"] ?? process.cwd(), file);
}
