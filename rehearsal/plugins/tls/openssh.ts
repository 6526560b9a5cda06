/** Keys in OpenSSH's own formats: authorized_keys lines, fingerprints, private key files. */

import { createHash, createPublicKey, randomBytes, type KeyObject } from "node:crypto";

const PEM_COLUMNS = 64;
const CIPHER_BLOCK = 8;

/** JSON Web Key's curve names and SSH's. */
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

type Jwk = Record<string, string | undefined>;

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function string(value: Buffer | string): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, "utf8");
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A positive number: without leading zeros, and with one where the first bit would be a sign. */
function mpint(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.alloc(0) : bytes.subarray(first);
  const signed = (digits[0] ?? 0) >= 0x80;
  return string(signed ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}

/** The fields of a key by JSON Web Key's names; undefined for curves that SSH doesn't have. */
function fieldsOf(key: KeyObject): Jwk | undefined {
  if (key.asymmetricKeyDetails?.namedCurve === "secp224r1") return undefined;
  return key.export({ format: "jwk" }) as Jwk;
}

function bytes(jwk: Jwk, name: string): Buffer {
  return Buffer.from(jwk[name] ?? "", "base64url");
}

/** An uncompressed point of a curve. */
function point(jwk: Jwk): Buffer {
  return Buffer.concat([Buffer.from([4]), bytes(jwk, "x"), bytes(jwk, "y")]);
}

/** SSH's name of the key's type, and its public fields in SSH's encoding. */
function publicFields(jwk: Jwk): { type: string; fields: Buffer } {
  if (jwk["kty"] === "RSA") {
    const fields = Buffer.concat([mpint(bytes(jwk, "e")), mpint(bytes(jwk, "n"))]);
    return { type: "ssh-rsa", fields };
  }
  if (jwk["kty"] === "OKP") return { type: "ssh-ed25519", fields: string(bytes(jwk, "x")) };
  const curve = CURVES[jwk["crv"] ?? ""] ?? "";
  const fields = Buffer.concat([string(curve), string(point(jwk))]);
  return { type: `ecdsa-sha2-${curve}`, fields };
}

/** The private key file's fields, which repeat the public ones in an order of their own. */
function privateFields(jwk: Jwk): Buffer {
  if (jwk["kty"] === "RSA") {
    return Buffer.concat(["n", "e", "d", "qi", "p", "q"].map((name) => mpint(bytes(jwk, name))));
  }
  const { fields } = publicFields(jwk);
  if (jwk["kty"] === "EC") return Buffer.concat([fields, mpint(bytes(jwk, "d"))]);
  return Buffer.concat([fields, string(Buffer.concat([bytes(jwk, "d"), bytes(jwk, "x")]))]);
}

function blobOf(jwk: Jwk): Buffer {
  const { type, fields } = publicFields(jwk);
  return Buffer.concat([string(type), fields]);
}

/** A public key in three spellings. */
export interface SshPublicKey {
  /** `ssh-ed25519 AAAA…` and a newline. */
  line: string;
  /** `aa:bb:…` */
  md5: string;
  /** `SHA256:…` */
  sha256: string;
}

/** Spellings of a public key in SSH's binary encoding. */
export function spellings(blob: Buffer): SshPublicKey {
  const type = blob.toString("ascii", 4, 4 + blob.readUInt32BE(0));
  const md5 = createHash("md5").update(blob).digest("hex");
  const sha256 = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return {
    line: `${type} ${blob.toString("base64")}\n`,
    md5: (md5.match(/../g) ?? []).join(":"),
    sha256: `SHA256:${sha256}`,
  };
}

/** A key's public part in SSH's binary encoding; undefined for P224, which SSH doesn't have. */
export function sshBlob(key: KeyObject): Buffer | undefined {
  const jwk = fieldsOf(key.type === "private" ? createPublicKey(key) : key);
  return jwk === undefined ? undefined : blobOf(jwk);
}

/** Bytes 1, 2, 3 … up to the block size of no cipher. */
function padded(section: Buffer): Buffer {
  const missing = (CIPHER_BLOCK - (section.length % CIPHER_BLOCK)) % CIPHER_BLOCK;
  return Buffer.concat([section, Buffer.from(Array.from({ length: missing }, (_, i) => i + 1))]);
}

function pem(label: string, body: Buffer): string {
  const lines = body.toString("base64").match(new RegExp(`.{1,${PEM_COLUMNS}}`, "g")) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** An unencrypted OpenSSH private key file; undefined for P224. */
export function sshPrivateKey(key: KeyObject): string | undefined {
  const jwk = fieldsOf(key);
  if (jwk === undefined) return undefined;
  const check = randomBytes(4);
  const { type } = publicFields(jwk);
  const section = Buffer.concat([check, check, string(type), privateFields(jwk), string("")]);
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0", "ascii"),
    string("none"),
    string("none"),
    string(""),
    uint32(1),
    string(blobOf(jwk)),
    string(padded(section)),
  ]);
  return pem("OPENSSH PRIVATE KEY", file);
}
