import fs from "node:fs";

/** Roots of one environment, those of earlier starts too, in one PEM file: a browser's store, as it were. */
export class Roots {
  constructor(readonly file: string) {}

  add(root: string): void {
    const pem = this.pem();
    if (pem.includes(root.trim())) return;
    const part = `${this.file}.part`;
    fs.writeFileSync(part, `${pem}${root.trim()}\n`);
    fs.renameSync(part, this.file);
  }

  pem(): string {
    return fs.existsSync(this.file) ? fs.readFileSync(this.file, "utf8") : "";
  }
}
