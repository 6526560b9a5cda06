import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import {
  credentialsFile,
  parseCredentialsFile,
  tokenFingerprint,
  type Credential,
} from "../../providers/gitCredentialsFile";

describe("git credentials file", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-credentials-"));
  const file = path.join(folder, "git-credentials");
  after(() => fs.rmSync(folder, { recursive: true }));

  /** What git itself reads from the file for a host. */
  function gitReads(text: string, host: string): { username?: string; password?: string } {
    fs.writeFileSync(file, text, { mode: 0o600 });
    const printed = execFileSync("git", ["credential-store", "--file", file, "get"], {
      input: `protocol=https\nhost=${host}\n\n`,
      encoding: "utf8",
    });
    return Object.fromEntries(
      printed
        .split("\n")
        .filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  // Git's own protocol is lines: neither it nor any host has names with these.
  const word = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .filter((text) => !/[\n\r\0]/.test(text));
  const host = fc
    .tuple(fc.domain(), fc.option(fc.integer({ min: 1, max: 65535 })))
    .map(([name, port]) => (port === null ? name : `${name}:${port}`));

  it("is the guide's line for an ordinary token", () => {
    const credential = { host: "github.com", username: "CooperBigFoot", token: "ghp_x1Y2" };
    assert.equal(credentialsFile([credential]), "https://CooperBigFoot:ghp_x1Y2@github.com\n");
  });

  it("gives git back whatever user name, token and host were written", () => {
    fc.assert(
      fc.property(word, word, host, (username, token, at) => {
        const text = credentialsFile([{ host: at, username, token }]);
        assert.deepEqual(gitReads(text, at), { username, password: token });
      }),
      { numRuns: 60 },
    );
  });

  it("is read here as it was written", () => {
    const credential: fc.Arbitrary<Credential> = fc.record(
      { host, username: word, token: word },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(credential), (credentials) => {
        assert.deepEqual(parseCredentialsFile(credentialsFile(credentials)), credentials);
      }),
    );
  });

  it("passes over what is not a credential, as git does", () => {
    const text = "\n# comment\nhttp://a:b@plain.example\nhttps://u:%zz@h\nhttps://u:t@h\n";
    assert.deepEqual(parseCredentialsFile(text), [{ host: "h", username: "u", token: "t" }]);
  });

  it("has a fingerprint that sha256sum gives, too", () => {
    const sum = execFileSync("sha256sum", { input: "ghp_x1Y2", encoding: "utf8" });
    assert.equal(tokenFingerprint("ghp_x1Y2"), sum.slice(0, 12));
  });
});
