/** The rehearsal's AWS endpoint: moto, with AWS's strictness, and machines that follow. */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Desired } from "../machines/desired";
import { AwsRefusal, errorBody, listOf, readCall, Silence, type Call } from "./call";
import { asMotoReadsIt, changes, concernsMachines, UNDO } from "./changes";
import { Control } from "./control";
import { readDesired } from "./desired";
import { InLine } from "./inLine";
import { answerJson, isOwnService, jsonError } from "./jsonServices";
import type { Machines } from "./machines";
import type { Answer, Moto } from "./moto";
import { keyOf } from "./seen";
import { checkAsAws } from "./strictness";
import { madeBy, namedBy } from "./things";

/** Access key of the account's root; see moto/rights.py. */
const ROOT = "rehearsal";

export interface FrontDoorOptions {
  moto: Moto;
  /** Regions that moto has been used for before. */
  regions: readonly string[];
  machines: Machines;
  port: number;
  /** Answered at /rehearsal/health. */
  health: () => object;
  /** What tests and people ask of other parts of the rehearsal, at /rehearsal/PART/ACTION. */
  parts?: Readonly<Record<string, (action: string, args: unknown) => unknown>>;
  log: (line: string) => void;
}

export class FrontDoor {
  /** Faults and quotas that a test has asked for. */
  readonly control = new Control();
  private readonly regions: Set<string>;
  private readonly inLine: InLine;
  private readonly server: Server;
  /** The end of the last changing call: one at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Answers of calls that moto took and the machines didn't, by the SDK's id: it tries again. */
  private readonly unfinished = new Map<string, Answer>();
  /** Snapshots that were copied from others: the copy's id to the other's. */
  private readonly copied = new Map<string, string>();

  private constructor(private readonly options: FrontDoorOptions) {
    this.regions = new Set(options.regions);
    this.inLine = new InLine((desired) => options.machines.bringInLine(desired));
    this.server = createServer((incoming, outgoing) => void this.serve(incoming, outgoing));
    // Machines can take long, and so can a debugger.
    this.server.requestTimeout = 0;
  }

  /** Opens the door on 127.0.0.1. */
  static async open(options: FrontDoorOptions): Promise<FrontDoor> {
    const door = new FrontDoor(options);
    await new Promise<void>((resolve, reject) => {
      door.server.once("error", reject);
      door.server.listen(options.port, "127.0.0.1", resolve);
    });
    return door;
  }

  /** Brings all machines in line with what moto says now. */
  async refresh(): Promise<void> {
    await this.inTurn(async () => ({ done: this.inLine.bring(await this.desired()) })).then(
      ({ done }) => done,
    );
  }

  /** moto was started again, perhaps with less than it knew. */
  known(regions: readonly string[]): void {
    for (const region of regions) this.regions.add(region);
  }

  usedRegions(): string[] {
    return [...this.regions].sort();
  }

  async close(): Promise<void> {
    this.server.closeIdleConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let service = "";
    try {
      const call = await readCall(incoming);
      service = call.service;
      const own = (await this.askPart(call)) ?? this.own(call, incoming);
      const answer = own ?? (await this.seenAws(call));
      const headers = { ...answer.headers, "content-length": answer.body.length };
      // The answer is complete, and this connection is not moto's.
      delete headers["transfer-encoding"];
      delete headers.connection;
      outgoing.writeHead(answer.status, headers);
      outgoing.end(answer.body);
    } catch (failure) {
      if (failure instanceof Silence) return;
      const refusal =
        failure instanceof AwsRefusal
          ? failure
          : new AwsRefusal("InternalError", `rehearsal: ${String(failure)}`, 500);
      if (refusal.status >= 500)
        this.options.log(`front door: ${refusal.code}: ${refusal.message}`);
      if (isOwnService({ service })) {
        const { status, headers, body } = jsonError(refusal);
        return void outgoing.writeHead(status, headers).end(body);
      }
      outgoing.writeHead(refusal.status, { "content-type": "text/xml" });
      outgoing.end(errorBody(service, refusal));
    }
  }

  private async askPart({ method, url, body }: Call): Promise<Answer | undefined> {
    const [, part = "", action] = /^\/rehearsal\/(\w+)\/(\w+)$/.exec(url) ?? [];
    if (method !== "POST" || action === undefined) return undefined;
    const headers = { "content-type": "application/json" };
    try {
      const control = this.options.parts?.[part];
      if (control === undefined) throw new Error(`this rehearsal has no part ${part}`);
      const said = await control(action, JSON.parse(body.toString("utf8")));
      return { status: 200, headers, body: Buffer.from(JSON.stringify(said) ?? "") };
    } catch (failure) {
      return { status: 400, headers, body: Buffer.from(String(failure)) };
    }
  }

  /** What is not AWS's API. */
  private own(call: Call, incoming: IncomingMessage): Answer | undefined {
    const text = (status: number, body: string): Answer => ({
      status,
      headers: { "content-type": "text/plain" },
      body: Buffer.from(body),
    });
    if (call.service !== "") return undefined;
    if (call.url === "/address") {
      return text(200, `${(incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, "")}\n`);
    }
    if (call.url === "/rehearsal/health") return text(200, JSON.stringify(this.options.health()));
    const told = this.control.tell(call);
    return told === undefined ? undefined : text(told.status, told.body);
  }

  /** Notes what the call is about, which may be gone afterwards. */
  private async seenAws(call: Call): Promise<Answer> {
    const isUsers = call.service === "ec2" && changes(call.action) && keyOf(call) !== ROOT;
    const about = isUsers ? await namedBy(call, this.options.moto.ec2(call.region)) : [];
    const answer = await this.aws(call);
    this.control.seen.note(call, answer.status, { made: isUsers ? madeBy(call) : [], about });
    this.control.afterwards(call.action);
    return answer;
  }

  private async aws(call: Call): Promise<Answer> {
    this.control.fault(call.action);
    if (isOwnService(call)) {
      const { quotas } = this.control;
      const refused = await this.options.moto.refusal(
        keyOf(call),
        `${call.service}:${call.action}`,
      );
      return answerJson(call, quotas, refused);
    }
    if (call.service !== "ec2" || !changes(call.action)) return this.forward(call);
    // The same for all tries of one call.
    const key = String(call.headers["amz-sdk-invocation-id"] ?? randomUUID());
    const { answer, done } = await this.inTurn(async () => {
      const answer = this.unfinished.get(key) ?? (await this.change(call));
      if (answer.status >= 300 || !concernsMachines(call.action)) return { answer };
      this.unfinished.set(key, answer);
      return { answer, done: this.follow(call, await this.desired()) };
    });
    if (done !== undefined) await this.finish(call, answer, done, key);
    return answer;
  }

  private async change(call: Call): Promise<Answer> {
    const { moto, machines } = this.options;
    await checkAsAws(call, moto.ec2(call.region), {
      quotas: this.control.quotas,
      isMounted: (volumeId) => machines.isMounted(volumeId),
    });
    return this.forward(asMotoReadsIt(call));
  }

  private async follow(call: Call, desired: Desired): Promise<void> {
    await this.inLine.bring(desired);
    if (call.action !== "RebootInstances") return;
    for (const id of listOf(call.parameters, "InstanceId")) await this.options.machines.reboot(id);
  }

  private async finish(
    call: Call,
    answer: Answer,
    done: Promise<void>,
    key: string,
  ): Promise<void> {
    try {
      await done;
      this.unfinished.delete(key);
    } catch (failure) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      const undo = UNDO[call.action]?.(call, answer.body.toString("utf8"));
      if (undo !== undefined) {
        this.unfinished.delete(key);
        await this.forward(undo)
          .then(() => this.refresh())
          .catch((error: Error) =>
            this.options.log(`front door: undoing ${call.action}: ${error.message}`),
          );
      }
      throw new AwsRefusal(
        "InternalError",
        `the machines cannot follow ${call.action}: ${reason}`,
        500,
      );
    }
  }

  private async forward(call: Call): Promise<Answer> {
    const answer = await this.options.moto.forward(call);
    // Who looks into all regions leaves nothing in them.
    const makes = call.service === "ec2" && changes(call.action);
    if (makes && answer.status < 300) {
      this.regions.add(call.region);
      this.noteCopy(call, answer);
    }
    return answer;
  }

  private noteCopy({ action, parameters }: Call, { body }: Answer): void {
    const source = parameters.get("SourceSnapshotId");
    const [, id] = /<snapshotId>([^<]+)</.exec(body.toString("utf8")) ?? [];
    if (action === "CopySnapshot" && source !== null && id !== undefined) {
      this.copied.set(id, source);
    }
  }

  private async desired(): Promise<Desired> {
    const clients = this.usedRegions().map((region) => this.options.moto.ec2(region));
    return readDesired(clients, this.copied);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}
