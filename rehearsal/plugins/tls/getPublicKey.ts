/** tls.getPublicKey: the public half of a private key given as text. */

import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { utils } from "ssh2";
import type { Values } from "../base";
import { keyId, publicOutputs } from "./privateKey";

const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: "RSA",
  ec: "ECDSA",
  ed25519: "ED25519",
};

function fromOpenssh(text: string): KeyObject {
  const parsed = utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return createPublicKey(parsed.getPublicPEM());
}

function keyOf(args: Values): KeyObject {
  const { privateKeyPem, privateKeyOpenssh } = args;
  if ((typeof privateKeyPem === "string") === (typeof privateKeyOpenssh === "string")) {
    throw new Error(
      "getPublicKey takes one of privateKeyPem and privateKeyOpenssh, but received " +
        `${typeof privateKeyPem === "string" ? "both" : "none"}. Give exactly one.`,
    );
  }
  try {
    if (typeof privateKeyOpenssh === "string") return fromOpenssh(privateKeyOpenssh);
    return createPublicKey(createPrivateKey(privateKeyPem as string));
  } catch (failure) {
    // The key itself is a secret and stays out of the message.
    throw new Error(
      `getPublicKey can't read the private key: ${(failure as Error).message}. Allowed: an ` +
        "unencrypted RSA, ECDSA or ED25519 key in PEM (privateKeyPem) or OpenSSH format " +
        "(privateKeyOpenssh).",
      { cause: failure },
    );
  }
}

/** tls:index/getPublicKey:getPublicKey. */
export async function getPublicKey(args: Values): Promise<Values> {
  const key = keyOf(args);
  const algorithm = ALGORITHMS[key.asymmetricKeyType ?? ""];
  return { ...args, id: keyId(key), algorithm, ...publicOutputs(key) };
}
