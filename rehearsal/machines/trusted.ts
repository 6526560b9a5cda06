/** Certificates that a rehearsal's machines trust beside their own: a folder with one in each file. */

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

export function addTrusted(folder: string, pem: string | Buffer): void {
  const name = createHash("sha256").update(pem).digest("hex").slice(0, 16);
  const file = path.join(folder, `rehearsal-${name}.crt`);
  if (fs.existsSync(file)) return;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${file}.part`, pem);
  fs.renameSync(`${file}.part`, file);
}
