/** What is seen of a workshop from this computer, as a participant or its maker would. */
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import { ownAddress } from "../../components/thisComputer";
import { lookUpName } from "../../providers/dnsLook";
import type { Certificate, HereFacts, Known, StackFacts } from "./facts";

/** For one port to answer. */
const PORT_MS = 4_000;
/** For all of DNS. */
const NAMES_MS = 7_000;

interface Asked extends StackFacts {
  addressService: string;
  dnsResolvers: string[];
  sshPrivateKey: string;
}

/** All of it side by side. Never throws. */
export async function lookHere(stack: Asked): Promise<HereFacts> {
  const { publicIp, domains } = stack;
  const [domain] = domains;
  const [address, ports, certificate, names] = await Promise.all([
    ownAddress(stack.addressService).catch(() => undefined),
    Promise.all([443, 80].map(async (port) => ({ port, said: await knock(publicIp, port) }))),
    domain === undefined ? undefined : certificateOf(publicIp, domain),
    Promise.all(
      domains.map((name) =>
        Promise.race([
          lookUpName(name, stack.dnsResolvers),
          later(NAMES_MS, { name, servers: [], error: `no answer within ${NAMES_MS / 1000} s` }),
        ]),
      ),
    ),
  ]);
  return {
    ...(typeof address === "string" && { address }),
    ports,
    ...(certificate && { certificate }),
    ...(domain !== undefined && { names }),
    keyFile: keyFile(stack, os.homedir()),
  };
}

function later<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => void setTimeout(resolve, ms, value).unref());
}

/** Empty when a connection gets through, else why not. */
function knock(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const end = (said: string) => {
      socket.destroy();
      resolve(said);
    };
    socket.setTimeout(PORT_MS, () => end(`no answer within ${PORT_MS / 1000} s`));
    socket.on("connect", () => end(""));
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** The certificate that whoever asks for the name at this address is shown, good or not. */
function certificateOf(host: string, servername: string): Promise<Known<Certificate>> {
  return new Promise((resolve) => {
    // It is looked at, and nothing is sent.
    const socket = tls.connect({ host, port: 443, servername, rejectUnauthorized: false });
    const end = (known: Known<Certificate>) => {
      socket.destroy();
      resolve(known);
    };
    socket.setTimeout(PORT_MS, () => end({ error: `no answer within ${PORT_MS / 1000} s` }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      end({ error: error.code ?? error.message }),
    );
    socket.on("secureConnect", () => {
      const { issuer, valid_to: ends, subjectaltname: names = "" } = socket.getPeerCertificate();
      end({
        issuer: [issuer.O, issuer.CN].filter((part) => part !== undefined).join(", "),
        ends: Date.parse(ends),
        names: [...names.matchAll(/DNS:([^,\s]+)/g)].map(([, name = ""]) => name),
      });
    });
  });
}

/** The key that `sshCommand` names. */
export function keyFile(
  { sshCommand, sshPrivateKey }: Pick<Asked, "sshCommand" | "sshPrivateKey">,
  home: string,
): HereFacts["keyFile"] {
  const [, name = ""] = /-i ~\/(\S+)/.exec(sshCommand) ?? [];
  const file = `~/${name}`;
  const whole = path.join(home, name);
  try {
    const bits = fs.statSync(whole).mode & 0o777;
    const mode = bits.toString(8);
    const isOther = fs.readFileSync(whole, "utf8").trim() !== sshPrivateKey.trim();
    // ssh(1) ignores a key that others can read.
    if ((bits & 0o077) !== 0) return { file, wrong: "open", mode };
    return { file, wrong: isOther ? "other" : "", mode };
  } catch {
    return { file, wrong: "missing", mode: "" };
  }
}
