/** For tests: an SSH server in this process, whose commands are run by a real shell. */

import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Server, utils, type AuthContext, type Connection, type Session } from "ssh2";
import { spellings, sshBlob, sshPrivateKey } from "../../../rehearsal/plugins/tls/openssh";

/** A key pair in the forms that the tests need. */
export interface Keys {
  openssh: string;
  pkcs8: string;
  /** A line of authorized_keys. */
  line: string;
}

export function makeKeys(): Keys {
  const { privateKey } = generateKeyPairSync("ed25519");
  return {
    openssh: sshPrivateKey(privateKey) ?? "",
    pkcs8: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    line: spellings(sshBlob(privateKey) ?? Buffer.alloc(0)).line,
  };
}

/** A running server. */
export interface SshServer {
  port: number;
  /** Commands as they came, in order. */
  commands: string[];
  /** How often someone dialled. */
  dials: number;
  /** Refuses this many of the next dials, by closing them at once. */
  refuseDials: number;
  /** Whose key may log in; the password is always "open sesame". */
  authorized: string;
  /** Variables that are taken. */
  acceptEnv: string[];
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

function publicKeyIsRight(context: AuthContext & { method: "publickey" }, line: string): boolean {
  const allowed = utils.parseKey(line);
  if (allowed instanceof Error || !context.key.data.equals(allowed.getPublicSSH())) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  return allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function authenticate(context: AuthContext, line: string): void {
  if (context.method === "publickey" && publicKeyIsRight(context, line)) return context.accept();
  if (context.method === "password" && context.password === "open sesame") return context.accept();
  context.reject(["publickey", "password"]);
}

/** Ends a command and all it started; it may have ended by itself. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}

function serveSession(session: Session, server: SshServer): void {
  const env: NodeJS.ProcessEnv = { PATH: process.env["PATH"] };
  session.on("env", (accept, reject, { key, val }) => {
    const taken = server.acceptEnv.includes(key);
    if (taken) env[key] = val;
    ((taken ? accept : reject) as (() => void) | undefined)?.();
  });
  session.on("exec", (accept, _reject, { command }) => {
    server.commands.push(command);
    const channel = accept();
    const child = spawn("sh", ["-c", command], { env, detached: true });
    channel.on("error", () => undefined);
    child.stdin.on("error", () => undefined);
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    channel.on("close", () => endGroup(child.pid));
    child.on("close", (code, signal) => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace(/^SIG/, ""), false, "");
      channel.end();
    });
  });
}

/** Starts it on a free port. */
export async function openSshServer(hostKey: Keys, user: Keys): Promise<SshServer> {
  const sockets = new Set<Socket>();
  const ssh = new Server({ hostKeys: [hostKey.openssh] }, (connection: Connection) => {
    connection.on("error", () => undefined);
    connection.on("authentication", (context) => authenticate(context, server.authorized));
    connection.on("session", (accept) => serveSession(accept(), server));
  });
  const tcp = createServer((socket) => {
    server.dials += 1;
    socket.on("error", () => undefined);
    if (server.refuseDials > 0) {
      server.refuseDials -= 1;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const server: SshServer = {
    port: (tcp.address() as AddressInfo).port,
    commands: [],
    dials: 0,
    refuseDials: 0,
    authorized: user.line,
    acceptEnv: [],
    cut,
    close: () =>
      new Promise((resolve) => {
        tcp.close(() => resolve());
        cut();
      }),
  };
  return server;
}
