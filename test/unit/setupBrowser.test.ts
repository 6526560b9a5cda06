import { strict as assert } from "node:assert";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { browserPart, findBrowser } from "../../rehearsal/setup/browser.mjs";
import { writeJson } from "../../rehearsal/setup/cache.mjs";
import { testBrowser } from "../../rehearsal/toolchain";

let folder: string;
const saved = { ...process.env };

/** Each test of the enclosing `describe` has a folder and an environment of its own. */
function hasOwnFolder(): void {
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "setup-test-"));
  });
  afterEach(() => {
    process.env.PATH = saved.PATH;
    if (saved.TLJH_WORKSHOP_CACHE === undefined) delete process.env.TLJH_WORKSHOP_CACHE;
    else process.env.TLJH_WORKSHOP_CACHE = saved.TLJH_WORKSHOP_CACHE;
    fs.rmSync(folder, { recursive: true });
  });
}

/** A program of shell lines. */
function program(name: string, lines: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return file;
}

/** What set-up would do on a computer with only these programs. */
async function install(): Promise<unknown> {
  const context = { root: folder, cache: folder, env: {}, log: (it: string) => `${folder}/${it}` };
  const found = await browserPart(folder).look(context);
  assert.ok("install" in found, "there is a browser");
  return found.install({});
}

describe("set-up: browser", () => {
  hasOwnFolder();

  it("takes the first on PATH that starts, and says which", () => {
    assert.equal(findBrowser({}, folder), undefined);
    program("chromium-browser", "echo Chromium 1.2.3 snap");
    assert.equal(findBrowser({}, folder)?.took, "Chromium 1.2.3");
    const chrome = program("google-chrome", "echo 'Google Chrome 142.0.7444.59 '");
    assert.deepEqual(findBrowser({}, folder), {
      took: "Google Chrome 142.0.7444.59",
      values: { chromium: chrome },
    });
  });

  it("leaves Ubuntu's empty shell, which only says how to install the snap", () => {
    program("chromium-browser", "echo 'requires the chromium snap to be installed' >&2; exit 1");
    assert.equal(findBrowser({}, folder), undefined);
  });

  it("takes the one that the setting names, and no other", () => {
    program("chromium", "echo Chromium 1.2.3");
    const own = program("my-browser", "echo Chromium 4.5.6 built on Debian");
    assert.deepEqual(findBrowser({ REHEARSAL_CHROMIUM: own }, folder), {
      took: "Chromium 4.5.6 from REHEARSAL_CHROMIUM",
      values: { chromium: own },
    });
    assert.throws(
      () => findBrowser({ REHEARSAL_CHROMIUM: program("firefox", "echo Firefox 1") }, folder),
      /REHEARSAL_CHROMIUM is not[\s\S]*received: .*firefox[\s\S]*allowed: [\s\S]*to mend: .*--tests/,
    );
  });

  it("is there only with the program that tells it whom to trust", async () => {
    program("chromium", "echo Chromium 1.2.3");
    const look = () => {
      const log = (it: string): string => `${folder}/${it}`;
      return browserPart(folder).look({ root: folder, cache: folder, env: {}, log });
    };
    const without = await look();
    assert.ok("what" in without);
    assert.equal(without.what, "libnss3-tools (apt-get), for the tests");
    program("certutil", "");
    assert.equal("took" in (await look()), true);
  });

  const FOUR_PARTS =
    /the tests have no browser\n {2}received: .*\n[\s\S]*allowed: .*\n {2}to mend: .*REHEARSAL_CHROMIUM=/;

  it("says how to go on without apt-get", async () => {
    await assert.rejects(install(), (error: Error) => {
      assert.match(error.message, FOUR_PARTS);
      assert.match(error.message, /received: no apt-get/);
      return true;
    });
  });

  it("says how to go on where apt-get has no such package, and what apt-get said", async () => {
    program("apt-get", "echo \"E: Package 'chromium' has no installation candidate\"; exit 100");
    // As root or not, `env apt-get` is this one.
    program("sudo", 'exec "$@"');
    process.env.PATH = `${folder}:${saved.PATH}`;
    await assert.rejects(install(), (error: Error) => {
      assert.match(error.message, FOUR_PARTS);
      assert.match(error.message, /E: Package 'chromium' has no installation candidate/);
      return true;
    });
  });
});

describe("tool chain: the tests' browser", () => {
  hasOwnFolder();

  it("without a set-up for tests the error says what to run", () => {
    process.env.TLJH_WORKSHOP_CACHE = folder;
    const [file, chromium] = [path.join(folder, "x"), path.join(folder, "chromium")];
    fs.writeFileSync(file, "");
    const names = ["pulumi", "pulumiHome", "motoPython", "pebble", "machineImage"];
    const toolchain = Object.fromEntries(names.map((name) => [name, file]));
    writeJson(path.join(folder, "toolchain.json"), toolchain);
    assert.throws(testBrowser, /no browser[\s\S]*to mend: {2}npm run setup -- --tests/);
    writeJson(path.join(folder, "toolchain.json"), { ...toolchain, chromium });
    assert.throws(testBrowser, /chromium is gone[\s\S]*to mend: {2}npm run setup -- --tests/);
    fs.writeFileSync(chromium, "");
    assert.equal(testBrowser(), chromium);
  });
});
