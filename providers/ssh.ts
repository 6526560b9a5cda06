/* eslint-disable @typescript-eslint/no-require-imports --
   Dynamic providers use this, and are kept as text: what they need is required where it runs. */
/** Logging in to the server over SSH, running a script there, and what went wrong with it. */
import type * as pulumi from "@pulumi/pulumi";
import type { Client, ClientErrorExtensions } from "ssh2";
import { formatProblem, forStack, Problem } from "../components/text";

/** How the server is logged in to. */
export interface Connection {
  address: string;
  user: string;
  /** In OpenSSH's format. */
  privateKey: string;
  /** As in a `known_hosts` file: type and key. */
  hostKey: string;
  /** Of SSH, on the server and in the security group. Default 22. */
  port?: number;
}

/** A server, with what an error about it says. */
export interface Machine extends Connection {
  instanceId: string;
  region: string;
  /** For the commands in errors. */
  stack: string;
  /** URN of the instance, for the command that replaces it. */
  instanceUrn?: string;
  /** Whether the security group surely lets this computer in; left out where that is not known. */
  letsMeIn?: boolean;
}

/** A server, among the arguments of a resource. The private key is secret, in the state too. */
export type MachineArgs = {
  [Key in keyof Omit<Machine, "instanceUrn" | "letsMeIn">]: pulumi.Input<Machine[Key]>;
};

/** What came of one try to log in. */
export type Refusal =
  | { kind: "refused" | "no-login"; said: string }
  /** `web`: the port for browsers that answers at the same address, if one does. */
  | { kind: "silent" | "unreachable"; said: string; web?: number }
  | { kind: "other-host-key"; fingerprint: string };
export type Attempt = { kind: "in"; client: Client } | Refusal;

/** What a script on the server came to. */
export interface Ran {
  /** 124: it took longer than its limit. -1: the connection broke. */
  status: number;
  stdout: string;
  stderr: string;
}

/** Where a network that blocks one of them may let the other out; `sshPort` chooses. */
export const SSH_PORTS = [22, 993] as const;
/** For browsers. */
const WEB_PORTS = [443, 80];
/** That one of these may take to answer. */
const WEB_SECONDS = 3;
/** How long one dial may take, for what has been seen to be reachable just before. */
export const DIAL_SECONDS = 10;
/** After the script's own limit, for the way back. */
const GRACE_SECONDS = 20;
/** The last line of a script; without it not all of it has arrived, and nothing is run. */
const END = "# ---- all of it ----";

/** SHA-256 fingerprint of a key in its wire format, as `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The key of a `known_hosts` line in its wire format. */
function keyOf(hostKey: string): Buffer {
  return Buffer.from(hostKey.trim().split(/\s+/)[1] ?? "", "base64");
}

/**
 * Logs in, once. Whoever gets in ends the client.
 *
 * @param signal gives it up, when there is no use in waiting for an answer
 */
export function logIn(
  connection: Connection,
  seconds: number,
  signal?: AbortSignal,
): Promise<Attempt> {
  const { Client } = require("ssh2") as typeof import("ssh2");
  const client = new Client();
  let shown: Buffer | undefined;
  return new Promise<Attempt>((resolve) => {
    client.on("ready", () => resolve({ kind: "in", client }));
    client.on("error", (error: Error & ClientErrorExtensions & { code?: string }) => {
      const said = error.message;
      if (shown) resolve({ kind: "other-host-key", fingerprint: fingerprint(shown) });
      else if (error.level === "client-authentication") resolve({ kind: "no-login", said });
      else if (error.level === "client-timeout" || error.code === "ETIMEDOUT") {
        resolve({ kind: "silent", said: `no answer within ${seconds} s` });
      } else if (error.code === "EHOSTUNREACH" || error.code === "ENETUNREACH") {
        resolve({ kind: "unreachable", said });
      } else resolve({ kind: "refused", said });
    });
    client.on("close", () => resolve({ kind: "refused", said: "the connection was closed" }));
    signal?.addEventListener("abort", () => {
      client.destroy();
      resolve({ kind: "silent", said: "not waited for" });
    });
    client.connect({
      host: connection.address,
      port: connection.port ?? 22,
      username: connection.user,
      privateKey: connection.privateKey,
      readyTimeout: seconds * 1000,
      hostVerifier: (key: Buffer) => {
        if (key.equals(keyOf(connection.hostKey))) return true;
        shown = key;
        return false;
      },
    });
  }).then((result) => {
    if (result.kind !== "in") client.destroy();
    return result;
  });
}

/** The first port for browsers that answers. */
async function webPort(address: string): Promise<number | undefined> {
  const { connect } = require("node:net") as typeof import("node:net");
  const tries = WEB_PORTS.map(
    (port) =>
      new Promise<number>((resolve, reject) => {
        const socket = connect({ host: address, port, timeout: WEB_SECONDS * 1000 });
        const refuse = () => {
          socket.destroy();
          reject(new Error("no answer"));
        };
        socket.on("error", refuse).on("timeout", refuse);
        socket.on("connect", () => {
          socket.destroy();
          resolve(port);
        });
      }),
  );
  return Promise.any(tries).catch(() => undefined);
}

/** A failed try as an error for a person. Where SSH is silent, looks whether anything else answers. */
export async function refusalError(result: Refusal, machine: Machine): Promise<Error> {
  const isSilent = result.kind === "silent" || result.kind === "unreachable";
  const seen = isSilent ? { ...result, web: await webPort(machine.address) } : result;
  return new Error(formatProblem(problemOf(seen, machine)));
}

/** SSH gets no answer: the door is closed, the network keeps SSH in, or the machine is gone. */
function silence(said: string, web: number | undefined, machine: Machine): Problem {
  const { address, instanceId, region, stack, letsMeIn, port = 22 } = machine;
  const other = SSH_PORTS.find((one) => one !== port) ?? port;
  const otherPort = `pulumi config set sshPort ${other} && pulumi up`;
  const elsewhere = `another network (a phone's), or AWS CloudShell (README, "Doors")`;
  if (web !== undefined && letsMeIn) {
    return {
      wrong: `The network here lets no connection to port ${port} out`,
      received: `${address}:${port}: ${said}; port ${web} of the same server answers, and its security group lets this computer in`,
      allowed: `a network that lets port ${port} or ${other} out`,
      mend: `${otherPort}; if that is blocked too: ${elsewhere}`,
    };
  }
  const open = `npm run doors -- open --stack ${stack}`;
  const blocked = `if it stays silent, the network here blocks it: ${otherPort}; or ${elsewhere}`;
  const running = `whether the instance runs: aws ec2 describe-instance-status --include-all-instances --instance-ids ${instanceId} --region ${region}; if it is gone: pulumi up --refresh`;
  return {
    wrong: `Port ${port} of the server is closed to this computer`,
    received: `${address}: ${said}${web === undefined ? "" : `; port ${web} answers`}`,
    allowed: `an address that sshCidrs lets in, on a network that lets port ${port} out, and an instance that runs`,
    mend: [letsMeIn ? [] : [open], blocked, web === undefined ? [running] : []].flat().join("; "),
  };
}

/** What a failed try means for a person, and what to do about it. */
export function problemOf(result: Refusal, machine: Machine): Problem {
  const { address, instanceId, region, user, hostKey, instanceUrn, stack, port = 22 } = machine;
  const replace = instanceUrn ? `pulumi up --replace '${instanceUrn}'` : "pulumi up";
  const problem = ((): Problem => {
    switch (result.kind) {
      case "silent":
      case "unreachable":
        return silence(result.said, result.web, machine);
      case "refused":
        return {
          wrong: "The server does not take SSH connections",
          received: `${address}:${port}: ${result.said}`,
          allowed: "an SSH server that answers",
          mend: `aws ec2 reboot-instances --instance-ids ${instanceId} --region ${region}, then pulumi up; if the instance is gone: pulumi up --refresh`,
        };
      case "no-login":
        return {
          wrong: "The server does not accept this stack's key",
          received: `${user}@${address}: ${result.said}`,
          allowed: `the stack's public key in ~${user}/.ssh/authorized_keys`,
          mend: `put the key back, or make the machine anew (participants' files stay): ${replace}`,
        };
      case "other-host-key":
        return {
          wrong: "The server shows a host key that is not this stack's; nothing was sent to it",
          received: `${address}: ${result.fingerprint}`,
          allowed: `${fingerprint(keyOf(hostKey))} (${instanceId})`,
          mend: `find out who answers there; if the key was changed on the server by hand: ${replace}`,
        };
    }
  })();
  return { ...problem, mend: forStack(problem.mend, stack) };
}

/** Reads the script to a file that only root could open and nobody can see, and runs it from there. */
export function loader(limitSeconds: number): string {
  const run = `exec timeout --kill-after=5 ${limitSeconds} bash /dev/fd/3`;
  return `sudo -n sh -c 'umask 077; f=$(mktemp -p /dev/shm) && cat >"$f" && exec 3<"$f" && rm "$f" && ${run}'`;
}

/** A script as it is sent: half of it does nothing. */
export function whole(text: string): string {
  return `[ "$(tail -n 1 /dev/fd/3)" = "${END}" ] || exit 97\n${text}\n${END}\n`;
}

/** Runs a bash script on a client that is logged in. */
function execute(
  client: Client,
  text: string,
  limitSeconds: number,
  onLine?: (line: string) => void,
): Promise<Ran> {
  return new Promise<Ran>((resolve) => {
    const ran: Ran = { status: -1, stdout: "", stderr: "" };
    const end = () => resolve(ran);
    client.on("error", end);
    client.on("close", end);
    setTimeout(end, (limitSeconds + GRACE_SECONDS) * 1000).unref();
    client.exec(loader(limitSeconds), (error, stream) => {
      if (error) {
        ran.stderr = error.message;
        return end();
      }
      const { StringDecoder } =
        require("node:string_decoder") as typeof import("node:string_decoder");
      const decoder = new StringDecoder("utf8");
      let line = "";
      stream.on("data", (data: Buffer) => {
        const known = decoder.write(data);
        ran.stdout += known;
        const lines = (line + known).split("\n");
        line = lines.pop() ?? "";
        if (onLine) lines.forEach(onLine);
      });
      stream.stderr.on("data", (data: Buffer) => (ran.stderr += data.toString("utf8")));
      stream.on("exit", (status: number | null) => (ran.status = status ?? -1));
      stream.on("close", end);
      stream.end(whole(text));
    });
  });
}

/**
 * Runs a bash script as root on the server. The script, with all secrets in it, goes over standard
 * input: no command line and no file on the server's disk shows it.
 *
 * @param text the script; it may be long
 * @param limitSeconds after which the server ends it
 * @param onLine is called with each line of its standard output
 * @throws Error with what to do about it, when the server cannot be logged in to
 */
export async function runOnServer(
  machine: Machine,
  text: string,
  limitSeconds: number,
  onLine?: (line: string) => void,
): Promise<Ran> {
  const result = await logIn(machine, DIAL_SECONDS);
  if (result.kind !== "in") throw await refusalError(result, machine);
  return runLoggedIn(result.client, text, limitSeconds, onLine);
}

/** The same with a client that is logged in already, and is ended. */
export async function runLoggedIn(
  client: Client,
  text: string,
  limitSeconds: number,
  onLine?: (line: string) => void,
): Promise<Ran> {
  try {
    return await execute(client, text, limitSeconds, onLine);
  } finally {
    client.end();
  }
}
