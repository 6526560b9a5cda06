/** A name server of the tests' own. */
import dgram from "node:dgram";
import { once } from "node:events";
import { decode, encode, type Answer, type RecordType } from "dns-packet";

/** A name server that knows a list of records, and is told the names it refuses to speak of. */
export class NameServer {
  readonly asked: string[] = [];
  private readonly socket = dgram.createSocket("udp4");

  constructor(
    public records: readonly Answer[],
    private readonly refused: readonly string[] = [],
  ) {}

  async open(): Promise<string> {
    this.socket.on("message", (packet, { address, port }) => {
      const { id = 0, questions = [] } = decode(packet);
      const [question] = questions;
      if (!question) return;
      const name = question.name.toLowerCase();
      this.asked.push(`${name} ${question.type}`);
      const same = this.records.filter((one) => "name" in one && one.name === name);
      const types: RecordType[] = [question.type, "CNAME"];
      const answers = same.filter((one) => (types as string[]).includes(one.type));
      const code = this.refused.includes(name) ? 5 : same.length === 0 ? 3 : 0;
      // 0x400: an authority's answer.
      const flags = 0x400 | code;
      const answer = encode({ type: "response", id, flags, questions: [question], answers });
      this.socket.send(answer, port, address);
    });
    this.socket.bind(0, "127.0.0.1");
    await once(this.socket, "listening");
    return `127.0.0.1:${this.socket.address().port}`;
  }

  close(): void {
    this.socket.close();
  }
}
