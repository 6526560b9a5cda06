/** Output in lines, for the engine's log. */

import { StringDecoder } from "node:string_decoder";

/** With logging on, the real plugin stops reading at a longer line, and the command waits for ever. */
export const LONGEST_LINE = 64 * 1024;

/** Cuts a stream of bytes into lines. */
export class Lines {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(private readonly write: (line: string) => void) {}

  /** @throws RangeError for a line longer than LONGEST_LINE. */
  push(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of [...lines, this.rest]) {
      if (Buffer.byteLength(line) > LONGEST_LINE) throw new RangeError("line too long");
    }
    for (const line of lines) this.write(line.replace(/\r$/, ""));
  }

  /** The last line may have no end. */
  end(): void {
    this.rest += this.decoder.end();
    if (this.rest !== "") this.write(this.rest);
    this.rest = "";
  }
}
