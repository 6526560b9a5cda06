/** tls.PrivateKey: a key pair that lives in the state only. */

import {
  createHash,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type RSAKeyPairOptions,
} from "node:crypto";
import { promisify } from "node:util";
import { diffInputs, UNKNOWN, type Failure, type ResourceType, type Values } from "../base";
import { spellings, sshBlob, sshPrivateKey } from "./openssh";

const generate = promisify(generateKeyPair);

const DEFAULTS: Readonly<Values> = { ecdsaCurve: "P224", rsaBits: 2048 };
const MIN_RSA_BITS = 1024;

/** This resource's names of curves and OpenSSL's. */
const CURVES: Readonly<Record<string, string>> = {
  P224: "secp224r1",
  P256: "prime256v1",
  P384: "secp384r1",
  P521: "secp521r1",
};

const ARGUMENTS = ["algorithm", "ecdsaCurve", "rsaBits"];

const ATTRIBUTES = [
  "privateKeyOpenssh",
  "privateKeyPem",
  "privateKeyPemPkcs8",
  "publicKeyFingerprintMd5",
  "publicKeyFingerprintSha256",
  "publicKeyOpenssh",
  "publicKeyPem",
];

/** The public half as outputs; SSH's spellings are empty for P224. */
export function publicOutputs(key: KeyObject): Values {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const blob = sshBlob(publicKey);
  const ssh = blob === undefined ? undefined : spellings(blob);
  return {
    publicKeyPem: publicKey.export({ format: "pem", type: "spki" }),
    publicKeyOpenssh: ssh?.line ?? "",
    publicKeyFingerprintMd5: ssh?.md5 ?? "",
    publicKeyFingerprintSha256: ssh?.sha256 ?? "",
  };
}

/** Hexadecimal SHA-1 of the public key. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const der = publicKey.export({ format: "der", type: "spki" });
  return createHash("sha1").update(der).digest("hex");
}

async function makeKey(settings: Values): Promise<KeyObject> {
  if (settings["algorithm"] === "ED25519") return (await generate("ed25519", {})).privateKey;
  if (settings["algorithm"] === "RSA") {
    const options = { modulusLength: settings["rsaBits"] } as RSAKeyPairOptions<"der", "der">;
    return (await generate("rsa", options as { modulusLength: number })).privateKey;
  }
  const namedCurve = CURVES[settings["ecdsaCurve"] as string] ?? "";
  return (await generate("ec", { namedCurve })).privateKey;
}

/** The traditional format of each algorithm, which ED25519 doesn't have. */
function traditionalPem(key: KeyObject): string | Buffer {
  const types = { rsa: "pkcs1", ec: "sec1", ed25519: "pkcs8" } as const;
  const type = types[key.asymmetricKeyType as keyof typeof types];
  return key.export({ format: "pem", type });
}

function mustBe(property: string, received: unknown, allowed: string): Failure {
  const got = JSON.stringify(received) ?? "nothing";
  return {
    property,
    reason: `${property} is ${got}; allowed: ${allowed}. Change it in the program.`,
  };
}

function failuresOf(inputs: Values): Failure[] {
  const { algorithm, ecdsaCurve, rsaBits } = inputs;
  const failures = Object.keys(inputs)
    .filter((key) => !ARGUMENTS.includes(key) && !key.startsWith("__"))
    .map((key) => mustBe(key, inputs[key], `no such argument; there are ${ARGUMENTS.join(", ")}`));
  const curves = Object.keys(CURVES);
  if (![UNKNOWN, "RSA", "ECDSA", "ED25519"].includes(algorithm as string)) {
    failures.push(mustBe("algorithm", algorithm, "RSA, ECDSA, ED25519"));
  }
  if (ecdsaCurve !== undefined && ![UNKNOWN, ...curves].includes(ecdsaCurve as string)) {
    failures.push(mustBe("ecdsaCurve", ecdsaCurve, curves.join(", ")));
  }
  const bits = rsaBits === undefined || rsaBits === UNKNOWN ? MIN_RSA_BITS : rsaBits;
  if (!Number.isInteger(bits) || (bits as number) < MIN_RSA_BITS) {
    failures.push(mustBe("rsaBits", rsaBits, `a whole number from ${MIN_RSA_BITS}`));
  }
  return failures;
}

function given(news: Values): Values {
  return Object.fromEntries(Object.entries(news).filter(([, value]) => value !== null));
}

/** tls:index/privateKey:PrivateKey. Nothing can be changed in place. */
export const privateKey: ResourceType = {
  computed: [...ATTRIBUTES, ...Object.keys(DEFAULTS)],

  check(news) {
    const inputs = given(news);
    return { inputs, failures: failuresOf(inputs) };
  },

  // A default that is now written out is no change.
  diff: (_id, oldInputs, _oldOutputs, news) =>
    diffInputs({ ...DEFAULTS, ...oldInputs }, { ...DEFAULTS, ...news }, ARGUMENTS),

  async create(inputs) {
    const settings = { ...DEFAULTS, ...inputs };
    const key = await makeKey(settings);
    const outputs = {
      ...settings,
      ...publicOutputs(key),
      privateKeyOpenssh: sshPrivateKey(key) ?? "",
      privateKeyPem: traditionalPem(key),
      privateKeyPemPkcs8: key.export({ format: "pem", type: "pkcs8" }),
    };
    return { id: keyId(key), outputs };
  },
};
