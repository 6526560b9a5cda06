/** Files that only their owner can read. */
import fs from "node:fs";

/** Written to a temporary name, so that it never has more rights or half its text. */
export function writeOwn(file: string, text: string): void {
  const part = `${file}.${process.pid}`;
  fs.writeFileSync(part, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600 });
  fs.renameSync(part, file);
}
