/** A `pulumi up` that a command starts, with a `pulumi` of the tests' own. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bringUp } from "../../scripts/bringUp";

describe("a command that brings one thing up", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fake-up-"));
  const file = (name: string) => path.join(folder, name);
  const before = process.env["PATH"];
  /** Makes a `pulumi` of these lines, and waits until it runs. */
  async function started(lines: string): Promise<{ ended: Promise<void> }> {
    const text = `#!/bin/bash\ncd ${folder}\n${lines}\n`;
    fs.writeFileSync(file("pulumi"), text, { mode: 0o755 });
    process.env["PATH"] = `${folder}:${before}`;
    const ended = bringUp("spring", ["**"], "It was not brought up");
    ended.catch(() => undefined);
    while (!fs.existsSync(file("runs"))) await sleep(10);
    return { ended };
  }
  afterEach(() => {
    process.env["PATH"] = before;
    for (const name of ["runs", "go", "done"]) fs.rmSync(file(name), { force: true });
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  const wait = "touch runs; until [ -e go ]; do sleep 0.02; done";

  it("waits for it after Ctrl-C, so that it does not leave the stack locked", async () => {
    const listeners = process.listenerCount("SIGINT");
    const { ended } = await started(`${wait}; echo on; touch done`);
    process.emit("SIGINT");
    assert.equal(process.listenerCount("SIGINT"), listeners + 1);
    fs.writeFileSync(file("go"), "");
    await ended;
    assert.ok(fs.existsSync(file("done")));
    assert.equal(process.listenerCount("SIGINT"), listeners);
  });

  it("breaks it off, as pulumi itself does, after the second", async () => {
    const { ended } = await started(`trap 'echo "error: cancelled"; exit 3' INT; ${wait}`);
    process.emit("SIGINT");
    process.emit("SIGINT");
    await assert.rejects(
      ended,
      /error: cancelled\n\nIt was not brought up\n {2}received: exit status 3/,
    );
  });
});
