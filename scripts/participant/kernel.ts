/** A kernel over its websocket, in the messages of Jupyter's protocol (version 5.3). */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Site } from "./site";

interface Message {
  header: { msg_id: string; msg_type: string };
  parent_header: { msg_id?: string };
  channel: string;
  content: Record<string, unknown>;
}

/** What came of some code. */
export interface Ran {
  /** Printed on both streams, and the value of the last line as text. */
  text: string;
  /** The exception, if there was one: its name and words. */
  error?: string;
}

export interface RunOptions {
  /** Default 120. */
  limitSeconds?: number;
  /** Is called with what is printed, as it comes. */
  onText?: (text: string) => void;
}

/** Where the outputs of one run are gathered. */
interface Run {
  take(message: Message): void;
  fail(error: Error): void;
}

const LIMIT_SECONDS = 120;
/** A kernel that starts hears nothing of what is asked before it listens. */
const ASK_AGAIN_SECONDS = 2;

/** One browser tab with a notebook, as far as its kernel is concerned. */
export class Kernel {
  private socket?: WebSocket;
  private readonly runs = new Map<string, Run>();
  /** The server keeps messages for a session that has lost its connection. */
  private readonly session = randomUUID();

  /**
   * @param server address of the person's server, without a slash at its end
   * @param id of the kernel
   */
  constructor(
    private readonly site: Site,
    private readonly server: string,
    readonly id: string,
  ) {}

  /** Whether there is a connection now. */
  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Opens the connection, a new one after `disconnect`. What runs goes on and is heard again. */
  async connect(limitSeconds = 60): Promise<void> {
    const path = `${this.server}/api/kernels/${this.id}/channels?session_id=${this.session}`;
    const cookie = this.site.cookieHeader(path);
    const socket = new WebSocket(path.replace(/^http/, "ws"), {
      ...this.site.socketOptions(),
      headers: { cookie, origin: this.site.base },
      handshakeTimeout: limitSeconds * 1000,
      perMessageDeflate: false,
    });
    // What was kept for this session comes at once.
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) this.take(JSON.parse(data.toString("utf8")) as Message);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", (error) =>
        reject(new Error(`the kernel's websocket: ${error.message}`, { cause: error })),
      );
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      // Who disconnects on purpose wants the runs to go on.
      if (this.socket !== socket) return;
      const error = new Error(`the kernel's websocket was closed (${code})`);
      for (const run of this.runs.values()) run.fail(error);
    });
    this.socket = socket;
  }

  /** Loses the connection without a word, as a computer does whose Wi-Fi is gone. */
  disconnect(): void {
    const { socket } = this;
    this.socket = undefined;
    socket?.terminate();
  }

  /** Waits until the kernel answers. */
  async ready(limitSeconds = LIMIT_SECONDS): Promise<void> {
    const end = Date.now() + limitSeconds * 1000;
    let isThere = false;
    const run: Run = {
      take: ({ header }) => (isThere ||= header.msg_type === "kernel_info_reply"),
      fail: () => undefined,
    };
    for (let asked = 0; !isThere;) {
      if (!this.isConnected) throw new Error("the kernel's websocket was closed");
      if (Date.now() > end) throw new Error(`the kernel does not answer for ${limitSeconds} s`);
      if (Date.now() - asked > ASK_AGAIN_SECONDS * 1000) {
        asked = Date.now();
        this.runs.set(this.send("kernel_info_request", {}), run);
      }
      await sleep(20);
    }
    for (const [id, it] of this.runs) if (it === run) this.runs.delete(id);
  }

  /**
   * Runs code, and gathers what it prints.
   *
   * @throws Error when the connection ends meanwhile, or it takes too long
   */
  async run(code: string, { limitSeconds = LIMIT_SECONDS, onText }: RunOptions = {}): Promise<Ran> {
    const ran: Ran = { text: "" };
    let id = "";
    let late: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        let isReplied = false;
        let isIdle = false;
        const take = ({ header: { msg_type: type }, content }: Message): void => {
          const text = textOf(type, content);
          ran.text += text;
          if (text !== "") onText?.(text);
          if (type === "error")
            ran.error = `${String(content["ename"])}: ${String(content["evalue"])}`;
          isReplied ||= type === "execute_reply";
          isIdle ||= type === "status" && content["execution_state"] === "idle";
          if (isReplied && isIdle) resolve();
        };
        late = setTimeout(
          () => reject(new Error(`the code did not end within ${limitSeconds} s`)),
          limitSeconds * 1000,
        );
        id = this.send("execute_request", {
          code,
          silent: false,
          store_history: true,
          user_expressions: {},
          allow_stdin: false,
          stop_on_error: true,
        });
        this.runs.set(id, { take, fail: reject });
      });
    } finally {
      clearTimeout(late);
      this.runs.delete(id);
    }
    return ran;
  }

  /** Closes the tab; the kernel goes on. */
  close(): void {
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
  }

  private take(message: Message): void {
    this.runs.get(message.parent_header.msg_id ?? "")?.take(message);
  }

  /** Sends a message on the shell channel; its id. */
  private send(type: string, content: object): string {
    if (!this.socket || !this.isConnected) throw new Error("the kernel's websocket is closed");
    const id = randomUUID();
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.session,
      username: "",
      version: "5.3",
      date: new Date().toISOString(),
    };
    const message = { header, parent_header: {}, metadata: {}, content, channel: "shell" };
    this.socket.send(JSON.stringify(message));
    return id;
  }
}

/** What a message shows in a notebook, as plain text. */
function textOf(type: string, content: Record<string, unknown>): string {
  if (type === "stream") return String(content["text"]);
  if (type !== "execute_result" && type !== "display_data") return "";
  const plain = (content["data"] as Record<string, unknown> | undefined)?.["text/plain"];
  return typeof plain === "string" ? `${plain}\n` : "";
}
