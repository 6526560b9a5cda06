/** The `connection` of a remote command: what is allowed in it, and its SSH form. */

import { createPrivateKey } from "node:crypto";
import { utils, type ParsedKey } from "ssh2";
import { isRecord, UNKNOWN, type Failure, type Values } from "../base";
import { sshPrivateKey } from "../tls/openssh";

/** A checked connection, defaults filled in. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  /** Preferred to the password. */
  privateKey?: string;
  privateKeyPassword?: string;
  password?: string;
  /** Socket of an SSH agent. */
  agentSocketPath?: string;
  /** Failed dials that are allowed, so one more is made; -1: any number. */
  dialErrorLimit: number;
  /** Seconds for the TCP connection of each dial; 0: no limit. */
  perDialTimeout: number;
  /** The key the server must have, as in authorized_keys; absent: any key. */
  hostKey?: string;
}

const DEFAULTS: Readonly<Values> = {
  port: 22,
  user: "root",
  dialErrorLimit: 10,
  perDialTimeout: 15,
};

const TYPES: Readonly<Record<string, "string" | "number">> = {
  agentSocketPath: "string",
  dialErrorLimit: "number",
  host: "string",
  hostKey: "string",
  password: "string",
  perDialTimeout: "number",
  port: "number",
  privateKey: "string",
  privateKeyPassword: "string",
  user: "string",
};

/** The connection with its defaults; what isn't an object stays as it is. */
export function withDefaults(connection: unknown): unknown {
  return isRecord(connection) ? { ...DEFAULTS, ...connection } : connection;
}

/** Values of a connection may be secret: a message names their type only. */
function failure(key: string, received: string, allowed: string): Failure {
  const property = key === "" ? "connection" : `connection.${key}`;
  const reason = `${property} is ${received}; allowed: ${allowed}. Change it in the program.`;
  return { property, reason };
}

function failureOf(key: string, value: unknown): Failure | undefined {
  if (value === UNKNOWN || value === undefined || value === null) return undefined;
  if (key === "proxy") {
    return failure(
      key,
      "given",
      "nothing, as the rehearsal's stand-in for the command plugin has no bastion hosts; the " +
        "real plugin has: REHEARSAL_PLUGIN_COMMAND=real npm run setup",
    );
  }
  const type = TYPES[key];
  if (type === undefined) {
    return failure(key, "an unknown key", Object.keys(TYPES).join(", "));
  }
  if (typeof value !== type) return failure(key, `a ${typeof value}`, `a ${type}`);
  if (type === "number" && !Number.isInteger(value)) {
    return failure(key, "a fraction", "a whole number");
  }
  return undefined;
}

/** Everything wrong with a connection. */
export function checkConnection(connection: unknown): Failure[] {
  if (connection === UNKNOWN) return [];
  if (!isRecord(connection)) {
    return [failure("", connection === undefined ? "missing" : "no object", "an object with host")];
  }
  const failures = Object.entries(connection).flatMap(
    ([key, value]) => failureOf(key, value) ?? [],
  );
  if (connection["host"] === undefined) failures.push(failure("host", "missing", "a string"));
  return failures;
}

function problem(what: string, allowed: string): Error {
  return new Error(`${what}; allowed: ${allowed}. Change it in the program.`);
}

/**
 * The private key as ssh2 reads it, which doesn't know PKCS #8.
 * @throws Error when it is no key, or its password is missing or wrong. Never prints the key.
 */
export function readPrivateKey({ privateKey = "", privateKeyPassword }: Connection): ParsedKey {
  const allowed = "a private key in PEM or OpenSSH format, with privateKeyPassword if encrypted";
  let text = privateKey;
  if (!privateKey.includes("BEGIN OPENSSH PRIVATE KEY")) {
    try {
      const passphrase = privateKeyPassword === undefined ? {} : { passphrase: privateKeyPassword };
      text = sshPrivateKey(createPrivateKey({ key: privateKey, ...passphrase })) ?? "";
    } catch (cause) {
      throw new Error(
        problem(`connection.privateKey can't be read: ${(cause as Error).message}`, allowed)
          .message,
        { cause },
      );
    }
  }
  const parsed = utils.parseKey(text, privateKeyPassword);
  const key = Array.isArray(parsed) ? (parsed as ParsedKey[])[0] : parsed;
  if (key === undefined || key instanceof Error) {
    const reason = key?.message ?? "no key in it";
    throw problem(`connection.privateKey can't be read: ${reason}`, allowed);
  }
  return key;
}

/**
 * The host key in SSH's binary encoding.
 * @throws Error when it isn't a line of authorized_keys.
 */
export function readHostKey(line: string): Buffer {
  const [type = "", base64 = ""] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, "base64");
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  if (length === 0 || blob.toString("ascii", 4, 4 + length) !== type) {
    throw problem(
      `connection.hostKey can't be read: ${JSON.stringify(line)}`,
      "a public key as in authorized_keys: ssh-ed25519 AAAA…",
    );
  }
  return blob;
}
