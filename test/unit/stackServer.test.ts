/** What commands read of a stack, with a `pulumi` of the tests' own. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { askPulumi } from "../../scripts/stackServer";

describe("a command that asks pulumi", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fake-pulumi-"));
  const before = process.env["PATH"];
  /** Makes a `pulumi` of these lines. */
  function pulumi(lines: string): void {
    const file = path.join(folder, "pulumi");
    fs.writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    process.env["PATH"] = `${folder}:${before}`;
  }
  afterEach(() => (process.env["PATH"] = before));
  after(() => fs.rmSync(folder, { recursive: true }));

  it("reads a whole state of several megabytes", () => {
    pulumi("head -c 5000000 /dev/zero | tr '\\0' x");
    assert.equal(askPulumi("stack", "export").length, 5_000_000);
  });

  it("says what to do about a wrong passphrase, in the words of the error", () => {
    pulumi("echo 'error: incorrect passphrase' >&2; exit 255");
    assert.throws(
      () => askPulumi("config", "--json"),
      /received: incorrect passphrase \([^]*mend: +export PULUMI_CONFIG_PASSPHRASE_FILE=/,
    );
  });

  it("says so when there is no pulumi", () => {
    process.env["PATH"] = folder;
    fs.rmSync(path.join(folder, "pulumi"), { force: true });
    assert.throws(() => askPulumi("stack"), /pulumi cannot be started\n[^]*ENOENT/);
  });

  it("shows no value of the command that failed", () => {
    pulumi("exit 255");
    assert.throws(
      () => askPulumi("config", "set-all", "--json", "S3CRET"),
      ({ message }: Error) => !message.includes("S3CRET"),
    );
  });

  it("says what to do when it fails", () => {
    pulumi("exit 255");
    assert.throws(() => askPulumi("stack"), /The stack cannot be read\n[^]*mend: +pulumi stack ls/);
  });
});
