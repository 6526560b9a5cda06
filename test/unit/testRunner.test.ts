import { strict as assert } from "node:assert";
import { isShellScript } from "../../scripts/linters/shellScripts";
import { addUp, judge, summaryLine } from "../../scripts/testSummary";

describe("test runner", () => {
  it("a clean report of a clean process stands", () => {
    assert.deepEqual(judge({ passed: 3, failed: 0 }, 0), { passed: 3, failed: 0 });
    assert.deepEqual(judge({ passed: 3, failed: 2 }, 2), { passed: 3, failed: 2 });
  });

  it("a suite that ran no test has failed", () => {
    assert.deepEqual(judge({ passed: 0, failed: 0 }, 0), { passed: 0, failed: 1 });
  });

  it("a suite that crashed has failed, also after a clean report", () => {
    assert.deepEqual(judge(undefined, 1), { passed: 0, failed: 1 });
    assert.deepEqual(judge({ passed: 3, failed: 0 }, null), { passed: 3, failed: 1 });
  });

  it("the last line adds up all suites", () => {
    const all = [
      { passed: 3, failed: 1 },
      { passed: 4, failed: 0 },
    ];
    assert.equal(summaryLine(addUp(all)), "7 passed, 1 failed");
  });
});

describe("shellcheck reads", () => {
  const firstLines: Record<string, string> = {
    ".ci/run": "#!/usr/bin/env bash",
    "bin/tool": "#!/usr/bin/env python3",
    "scripts/x.sh": "# no first line needed",
    "a/fish": "#!/usr/bin/fish",
    "index.ts": "#!/bin/sh",
    ".profile": "#!/bin/sh",
  };
  const read = (file: string) => firstLines[file] ?? "";

  it("files by their ending, and files without ending by their first line", () => {
    const scripts = Object.keys(firstLines).filter((file) => isShellScript(file, read));
    assert.deepEqual(scripts, [".ci/run", "scripts/x.sh", ".profile"]);
  });
});
