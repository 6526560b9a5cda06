/* eslint-disable @typescript-eslint/no-require-imports --
   Dynamic providers use this, and are kept as text: what they need is required where it runs. */
/** Whether visitors get through to ports of the server: something there is called from here. */
import { assignments } from "../components/shell";
import { formatProblem, type Problem } from "../components/text";
import { runOnServer, type Machine } from "./ssh";

/** With and without the name's https://. */
export const PUBLIC_PORTS = [443, 80] as const;

/** How long a rule of the security group may take until it is in force everywhere. */
const CALL_SECONDS = 10;
const ANSWER_SECONDS = 4;
/** How long something listens; longer than is called. */
const LISTEN_SECONDS = 18;
const PAUSE_MS = 500;

/** What a call came to: `ours` answered, `other` did, or why nothing did. */
type Call = { kind: "ours" | "other" } | { kind: "closed"; said: string };

/** Calls a port; what is ours there answers a word, and takes it back as thanks. */
function call(host: string, port: number, word: string): Promise<Call> {
  const net = require("node:net") as typeof import("node:net");
  return new Promise<Call>((resolve) => {
    const socket = net.connect({ host, port });
    let received = "";
    let isOpen = false;
    const end = (result: Call) => {
      resolve(result);
      socket.destroy();
    };
    socket.setTimeout(ANSWER_SECONDS * 1000, () =>
      end(
        isOpen
          ? { kind: "other" }
          : { kind: "closed", said: `no answer within ${ANSWER_SECONDS} s` },
      ),
    );
    socket.on("connect", () => (isOpen = true));
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
      if (!received.includes("\n")) return;
      if (received.trim() !== word) return end({ kind: "other" });
      socket.end(`${word}\n`, () => end({ kind: "ours" }));
    });
    socket.on("error", (error: Error) => end({ kind: "closed", said: error.message }));
    socket.on("close", () => end(isOpen ? { kind: "other" } : { kind: "closed", said: "closed" }));
  });
}

/** Calls until it gets through, or long enough. */
async function getThrough(host: string, port: number, word: string): Promise<Call> {
  const end = Date.now() + CALL_SECONDS * 1000;
  for (;;) {
    const result = await call(host, port, word);
    if (result.kind !== "closed" || Date.now() >= end) return result;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function closedProblem(machine: Machine, port: number, said: string): Problem {
  const what = port === 443 ? "there can be no certificate" : "http:// does not lead to https://";
  return {
    wrong: `Port ${port} of the server is closed: ${what}`,
    received: `${machine.address}:${port}: ${said}`,
    allowed: "a connection from everywhere, by the rule that this stack has made",
    mend: `pulumi up --refresh, which makes the rule again; if it stays so, the network here blocks port ${port}: use another`,
  };
}

function otherProblem(machine: Machine, port: number): Problem {
  return {
    wrong: `Somebody else answers at port ${port} of the server's address`,
    received: `${machine.address}:${port}: not this stack's server`,
    allowed: `the server (${machine.instanceId})`,
    mend: "use a network without a proxy in between; then pulumi up",
  };
}

/**
 * Proves that the public ports lead to the server. Where nothing listens there, something does for a
 * moment and says a word that nobody else knows; where the proxy listens, it is enough that it does.
 *
 * @param script scripts/server/answer-ports.sh, with what the steps share
 * @throws Error when the server cannot be logged in to
 */
export async function portProblems(
  machine: Machine,
  script: string,
): Promise<{ closed: number[]; problems: Problem[] }> {
  const { randomBytes } = require("node:crypto") as typeof import("node:crypto");
  const word = randomBytes(16).toString("hex");
  const calls = new Map<number, Promise<Call>>();
  const taken = new Set<number>();
  const values = { STACK: machine.stack, WORD: word, SECONDS_LONG: LISTEN_SECONDS };
  const text = assignments({ ...values, PORTS: PUBLIC_PORTS.map(String) }) + script;
  const ran = await runOnServer(machine, text, LISTEN_SECONDS + 10, (line) => {
    const [state = "", port = ""] = line.split(" ");
    if (state !== "listens" && state !== "taken") return;
    if (state === "taken") taken.add(Number(port));
    calls.set(Number(port), getThrough(machine.address, Number(port), word));
  });
  if (ran.status !== 0 || calls.size < PUBLIC_PORTS.length) {
    throw new Error(
      formatProblem({
        wrong: "Whether the server's ports are open could not be proved",
        received: `exit status ${ran.status} ${ran.stderr.trim()}`,
        allowed: `python3 on the server, and an end within ${LISTEN_SECONDS} s`,
        mend: `pulumi up --stack ${machine.stack}`,
      }),
    );
  }
  const closed: number[] = [];
  const problems: Problem[] = [];
  for (const [port, called] of calls) {
    const result = await called;
    if (result.kind === "ours" || (result.kind === "other" && taken.has(port))) continue;
    closed.push(port);
    problems.push(
      result.kind === "closed"
        ? closedProblem(machine, port, result.said)
        : otherProblem(machine, port),
    );
  }
  return { closed, problems };
}
