/** Certificate authorities of the rehearsal's own, and what they sign. */

import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const DAYS = "3650";
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate with its key, both PEM. */
export interface Pair {
  key: Buffer;
  certificate: Buffer;
}

/** An authority whose key and certificate are kept in a folder. */
export class Authority {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  /** Makes it, or finds it there. */
  static async in(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    if (!fs.existsSync(authority.file)) {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      const subject = `/O=Rehearsal/CN=Rehearsal ${name}`;
      await authority.make(name, "-subj", subject);
    }
    return authority;
  }

  /** PEM file of its certificate. */
  get file(): string {
    return this.at(`${this.name}.crt`);
  }

  /**
   * Makes a server's certificate, or finds one there that is for just these names.
   *
   * @param file its name in the folder, without an ending
   * @param names host names and IPv4 addresses
   */
  async sign(file: string, names: readonly string[]): Promise<Pair> {
    const certificate = this.at(`${file}.crt`);
    const wanted = names.map((name) => (/^[\d.]+$/.test(name) ? "IP Address" : "DNS") + `:${name}`);
    const found = fs.existsSync(certificate)
      ? new X509Certificate(fs.readFileSync(certificate)).subjectAltName
      : undefined;
    if (found !== wanted.join(", ")) {
      const alternatives = wanted.map((name) => name.replace("IP Address", "IP")).join(",");
      await this.make(
        file,
        ...["-subj", `/CN=${names[0]}`, "-CA", this.file, "-CAkey", this.at(`${this.name}.key`)],
        ...["-addext", `subjectAltName=${alternatives}`],
        ...["-addext", "basicConstraints=critical,CA:FALSE"],
      );
    }
    return {
      key: fs.readFileSync(this.at(`${file}.key`)),
      certificate: fs.readFileSync(certificate),
    };
  }

  private async make(name: string, ...args: string[]): Promise<void> {
    const [key, part] = [this.at(`${name}.key`), this.at(`${name}.part`)];
    const out = ["-keyout", key, "-out", part, "-days", DAYS];
    await run("openssl", ["req", "-x509", ...NEW_KEY, ...out, ...args]);
    fs.chmodSync(key, 0o600);
    // Last, so that half of them is made again.
    fs.renameSync(part, this.at(`${name}.crt`));
  }

  private at(name: string): string {
    return path.join(this.folder, name);
  }
}
