import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNKNOWN, type Values } from "../../../rehearsal/plugins/base";
import { getPublicKey } from "../../../rehearsal/plugins/tls/getPublicKey";
import { plugin } from "../../../rehearsal/plugins/tls/plugin";
import { privateKey } from "../../../rehearsal/plugins/tls/privateKey";

const context = { urn: "urn:pulumi:s::p::tls:index/privateKey:PrivateKey::key", name: "key" };

/** Every algorithm that SSH has, and ssh-keygen's word for its size and kind. */
const KEYS: [inputs: Values, described: string][] = [
  [{ algorithm: "ED25519" }, "256 SHA256 no comment (ED25519)"],
  [{ algorithm: "RSA" }, "2048 SHA256 no comment (RSA)"],
  [{ algorithm: "RSA", rsaBits: 1024 }, "1024 SHA256 no comment (RSA)"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P256" }, "256 SHA256 no comment (ECDSA)"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P384" }, "384 SHA256 no comment (ECDSA)"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P521" }, "521 SHA256 no comment (ECDSA)"],
];

let directory: string;
const made = new Map<Values, Values>();

/** Outputs of one key per entry of KEYS: making RSA keys takes its time. */
async function outputsOf(inputs: Values): Promise<Values> {
  const outputs = made.get(inputs) ?? (await privateKey.create(inputs, context)).outputs;
  made.set(inputs, outputs);
  return outputs;
}

/** Runs ssh-keygen on a file with the text; its standard output. */
function keygen(text: unknown, ...args: string[]): string {
  const file = join(directory, "key");
  writeFileSync(file, text as string);
  chmodSync(file, 0o600);
  return execFileSync("ssh-keygen", [...args, "-f", file], { encoding: "utf8" });
}

function reasons(news: Values): string[] {
  return (privateKey.check?.(news, undefined, context).failures ?? []).map(({ reason }) => reason);
}

function replaces(olds: Values, news: Values): string[] {
  return privateKey.diff?.("id", olds, {}, news).replaces ?? [];
}

describe("tls stand-in: PrivateKey", () => {
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tls-stand-in-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [inputs, described] of KEYS) {
    it(`${described}: ssh-keygen finds the same public key in every private form`, async () => {
      const outputs = await outputsOf(inputs);
      assert.match(outputs["publicKeyOpenssh"] as string, /^\S+ \S+\n$/);
      assert.equal(keygen(outputs["privateKeyOpenssh"], "-y"), outputs["publicKeyOpenssh"]);
      const viaPem = await getPublicKey({ privateKeyPem: outputs["privateKeyPem"] });
      assert.equal(viaPem["publicKeyOpenssh"], outputs["publicKeyOpenssh"]);
      const viaPkcs8 = await getPublicKey({ privateKeyPem: outputs["privateKeyPemPkcs8"] });
      assert.equal(viaPkcs8["publicKeyPem"], outputs["publicKeyPem"]);
    });

    it(`${described}: ssh-keygen prints the same fingerprints`, async () => {
      const outputs = await outputsOf(inputs);
      const sha256 = outputs["publicKeyFingerprintSha256"] as string;
      const line = keygen(outputs["publicKeyOpenssh"], "-l").trim();
      assert.equal(line, described.replace("SHA256", sha256));
      const md5 = keygen(outputs["publicKeyOpenssh"], "-l", "-E", "md5");
      assert.ok(md5.includes(`MD5:${outputs["publicKeyFingerprintMd5"] as string} `), md5);
    });
  }

  it("the traditional form is PKCS #1, SEC 1 and, for ED25519, PKCS #8", async () => {
    const heads = await Promise.all(
      ["RSA", "ECDSA", "ED25519"].map(async (algorithm) => {
        const { outputs } = await privateKey.create({ algorithm }, context);
        return (outputs["privateKeyPem"] as string).split("\n")[0];
      }),
    );
    assert.deepEqual(heads, [
      "-----BEGIN RSA PRIVATE KEY-----",
      "-----BEGIN EC PRIVATE KEY-----",
      "-----BEGIN PRIVATE KEY-----",
    ]);
  });

  it("P224, the default curve, has no SSH spelling", async () => {
    const { outputs } = await privateKey.create({ algorithm: "ECDSA" }, context);
    assert.equal(outputs["ecdsaCurve"], "P224");
    assert.equal(outputs["publicKeyOpenssh"], "");
    assert.equal(outputs["privateKeyOpenssh"], "");
    assert.match(outputs["publicKeyPem"] as string, /BEGIN PUBLIC KEY/);
  });

  it("no two keys are the same, and the id is the public key's SHA-1", async () => {
    const one = await privateKey.create({ algorithm: "ED25519" }, context);
    const other = await privateKey.create({ algorithm: "ED25519" }, context);
    assert.match(one.id, /^[0-9a-f]{40}$/);
    assert.notEqual(one.id, other.id);
    const same = await getPublicKey({ privateKeyPem: one.outputs["privateKeyPem"] });
    assert.equal(same["id"], one.id);
  });

  it("what create answers is what a preview promises", async () => {
    const inputs = { algorithm: "ED25519" };
    const { outputs } = await privateKey.create(inputs, context);
    assert.deepEqual(Object.keys(outputs).sort(), [...privateKey.computed, "algorithm"].sort());
  });

  it("every change replaces; a default that is written out is none", () => {
    assert.deepEqual(replaces({ algorithm: "RSA" }, { algorithm: "ED25519" }), ["algorithm"]);
    assert.deepEqual(replaces({ algorithm: "RSA" }, { algorithm: "RSA", rsaBits: 4096 }), [
      "rsaBits",
    ]);
    assert.deepEqual(replaces({ algorithm: "RSA" }, { algorithm: "RSA", rsaBits: 2048 }), []);
  });

  it("wrong arguments are all named at once, with what is allowed", () => {
    const wrong = reasons({ algorithm: "DSA", rsaBits: 512, ecdsaCurve: "P999", size: 1 });
    assert.equal(wrong.length, 4, wrong.join("\n"));
    assert.match(wrong.join("\n"), /algorithm is "DSA"; allowed: RSA, ECDSA, ED25519/);
    assert.deepEqual(reasons({}), [
      "algorithm is nothing; allowed: RSA, ECDSA, ED25519. Change it in the program.",
    ]);
    assert.deepEqual(reasons({ algorithm: UNKNOWN, rsaBits: UNKNOWN }), []);
  });
});

describe("tls stand-in: getPublicKey", () => {
  it("reads OpenSSH's format", async () => {
    for (const [inputs] of KEYS) {
      const outputs = await outputsOf(inputs);
      const found = await getPublicKey({ privateKeyOpenssh: outputs["privateKeyOpenssh"] });
      assert.equal(found["publicKeyOpenssh"], outputs["publicKeyOpenssh"]);
      assert.equal(found["publicKeyPem"], outputs["publicKeyPem"]);
      assert.equal(found["algorithm"], inputs["algorithm"]);
    }
  });

  it("refuses none, both and rubbish, without printing the key", async () => {
    await assert.rejects(getPublicKey({}), /received none/);
    await assert.rejects(getPublicKey({ privateKeyPem: "a", privateKeyOpenssh: "b" }), /both/);
    await assert.rejects(getPublicKey({ privateKeyPem: "hunter2" }), (failure: Error) => {
      assert.match(failure.message, /can't read the private key/);
      assert.ok(!failure.message.includes("hunter2"));
      return true;
    });
  });

  it("is what the program asks for by its token", () => {
    assert.deepEqual(Object.keys(plugin.functions), ["tls:index/getPublicKey:getPublicKey"]);
    assert.deepEqual(Object.keys(plugin.resources), ["tls:index/privateKey:PrivateKey"]);
  });
});
