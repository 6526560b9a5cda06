/** A certificate authority of the rehearsal's own, and the certificate of its GitHub. */

import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Names that the certificate is for. */
export const HOSTS = ["github.test", "api.github.test"] as const;

const DAYS = "3650";

export interface Certificates {
  /** File that machines trust. */
  authority: string;
  key: Buffer;
  certificate: Buffer;
}

/** Makes them in a folder, or finds them there. */
export async function certificatesIn(folder: string): Promise<Certificates> {
  const at = (name: string): string => path.join(folder, name);
  if (!fs.existsSync(at("github.crt"))) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const subject = "/O=Rehearsal/CN=Rehearsal authority";
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await openssl("req", "-x509", ...key, "-subj", subject, "-days", DAYS, [
      ["-keyout", at("authority.key")],
      ["-out", at("authority.crt")],
    ]);
    const names = HOSTS.map((host) => `DNS:${host}`).join(",");
    await openssl("req", "-x509", ...key, "-subj", `/CN=${HOSTS[0]}`, "-days", DAYS, [
      ["-CA", at("authority.crt")],
      ["-CAkey", at("authority.key")],
      ["-addext", `subjectAltName=${names}`],
      ["-addext", "basicConstraints=critical,CA:FALSE"],
      ["-keyout", at("github.key")],
      ["-out", at("github.part")],
    ]);
    for (const file of ["authority.key", "github.key"]) fs.chmodSync(at(file), 0o600);
    // Last, so that half of them is made again.
    fs.renameSync(at("github.part"), at("github.crt"));
  }
  return {
    authority: at("authority.crt"),
    key: fs.readFileSync(at("github.key")),
    certificate: fs.readFileSync(at("github.crt")),
  };
}

async function openssl(...args: (string | [string, string][])[]): Promise<void> {
  await run("openssl", args.flat(2));
}
