import { strict as assert } from "node:assert";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findPebble, pebblePart } from "../../rehearsal/setup/pebble.mjs";

describe("set-up: Let's Encrypt", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "setup-test-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** A program of shell lines. */
  const program = (name: string, lines: string): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    return file;
  };
  const ACME = "echo '  -dnsserver string' >&2; exit 2";
  /** What set-up would do on a computer with only these programs. */
  const install = async (): Promise<unknown> => {
    const log = (it: string): string => `${folder}/${it}`;
    const found = await pebblePart(folder).look({ root: folder, cache: folder, env: {}, log });
    assert.ok("install" in found);
    return found.install({});
  };

  it("takes the ACME server, not the manager of services that has its name", () => {
    assert.equal(findPebble({}, folder), undefined);
    program("pebble", "echo 'Pebble lets you control services'");
    assert.equal(findPebble({}, folder), undefined);
    const pebble = program("pebble", ACME);
    assert.deepEqual(findPebble({}, folder)?.values, { pebble });
  });

  it("takes the one that the setting names, and no other", () => {
    program("pebble", ACME);
    const own = program("mine", ACME);
    const REHEARSAL_PEBBLE = own;
    assert.deepEqual(findPebble({ REHEARSAL_PEBBLE }, folder)?.values, { pebble: own });
    assert.throws(
      () => findPebble({ REHEARSAL_PEBBLE: "/nowhere/pebble" }, folder),
      /not a usable Pebble\n.*received: \/nowhere\/pebble\n.*allowed:[^]*to mend:.*npm run setup/,
    );
  });

  it("says what to do where it cannot be had", async () => {
    await assert.rejects(install(), /has no Let's Encrypt\n.*no apt-get[^]*REHEARSAL_PEBBLE=/);
  });
});
