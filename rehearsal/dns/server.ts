/** The rehearsal's DNS: authoritative for all names, over UDP. */

import { createSocket, type Socket } from "node:dgram";
import * as packet from "dns-packet";
import { ByHand, type Which } from "./byHand";
import { answer, type Zone } from "./records";

/** What is not in the declared flags: how an answer says that a name or the server is at fault. */
const NXDOMAIN = 3;
const SERVFAIL = 2;

export class Dns {
  private readonly byHand = new ByHand();

  private constructor(
    private readonly socket: Socket,
    private readonly zones: () => Promise<Zone[]>,
    private readonly log: (line: string) => void,
  ) {}

  /**
   * Listens on 127.0.0.1.
   *
   * @param zones asked at each question, so that no answer is older than the records
   */
  static async open(
    port: number,
    zones: () => Promise<Zone[]>,
    log: (line: string) => void,
  ): Promise<Dns> {
    const socket = createSocket("udp4");
    const dns = new Dns(socket, zones, log);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, "127.0.0.1", resolve);
    });
    socket.on("error", (error) => log(`dns: ${error.message}`));
    socket.on("message", (message, from) => {
      const reply = dns.reply(message);
      reply.then(
        (bytes) => bytes && socket.send(bytes, from.port, from.address),
        (error: Error) => log(`dns: ${error.message}`),
      );
    });
    return dns;
  }

  close(): void {
    this.socket.close();
  }

  /** What tests and people ask of it; see client.ts. */
  control(action: string, args: unknown): unknown {
    switch (action) {
      case "set":
        return this.byHand.set(args as Which & { values: string[]; ttl?: number });
      case "remove":
        return this.byHand.remove(args as Which);
      case "hide":
        return this.byHand.hide(args as Which);
      case "clear":
        return this.byHand.clear();
      default:
        throw new Error(`the rehearsal's DNS has no action ${action}`);
    }
  }

  /** undefined: what came is no question. */
  private async reply(message: Buffer): Promise<Buffer | undefined> {
    let query: packet.DecodedPacket;
    try {
      query = packet.decode(message);
    } catch {
      return undefined;
    }
    const [question] = query.questions ?? [];
    if (query.type !== "query" || question === undefined) return undefined;
    const asked = (query.flags ?? 0) & packet.RECURSION_DESIRED;
    const reply = (flags: number, parts: Partial<packet.Packet> = {}): Buffer =>
      packet.encode({
        type: "response",
        id: query.id ?? 0,
        flags: flags | asked,
        questions: [question],
        ...parts,
      });
    try {
      const zones = this.byHand.over(await this.zones());
      const { missing, ...parts } = answer(zones, question.name, question.type);
      return reply(packet.AUTHORITATIVE_ANSWER | (missing ? NXDOMAIN : 0), parts);
    } catch (failure) {
      this.log(`dns: ${question.name} ${question.type}: ${String(failure)}`);
      return reply(SERVFAIL);
    }
  }
}
