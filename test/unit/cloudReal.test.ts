import { strict as assert } from "node:assert";
import fs from "node:fs";
import path from "node:path";

const ROOT = path.join(__dirname, "../..");

/** File and title of each test that a table names. */
function namedTests(text: string): { file: string; title: string }[] {
  return [...text.matchAll(/`(test\/[^`]+\.ts)`: ([^|\n]+?) *\|/g)].map(
    ([, file = "", title = ""]) => ({ file, title }),
  );
}

describe("rehearsal/REAL.md", () => {
  const text = fs.readFileSync(path.join(ROOT, "rehearsal/REAL.md"), "utf8");

  it("names tests that exist", () => {
    const named = namedTests(text);
    assert.ok(named.length > 30, `only ${named.length} found`);
    const missing = named.filter(({ file, title }) => {
      const full = path.join(ROOT, file);
      return !fs.existsSync(full) || !fs.readFileSync(full, "utf8").includes(`it("${title}"`);
    });
    assert.deepEqual(missing, []);
  });

  it("names a test in each row of the tables that have a column for it", () => {
    const rows = text.split(/^## /m).flatMap((section) => {
      const table = section.split("\n").filter((line) => line.startsWith("|"));
      return table[0]?.endsWith("| test |") ? table.slice(2) : [];
    });
    assert.ok(rows.length > 30);
    assert.deepEqual(
      rows.filter((row) => namedTests(row).length !== 1),
      [],
    );
  });

  it("can be trusted: each code that the front door refuses with is in the tests of its strictness", () => {
    const rules = path.join(ROOT, "rehearsal/cloud/rules");
    const files = fs
      .readdirSync(rules)
      .map((file) => fs.readFileSync(path.join(rules, file), "utf8"));
    const codes = files.flatMap((file) =>
      [...file.matchAll(/new AwsRefusal\(\s*"([^"]+)"/g)].map(([, code = ""]) => code),
    );
    const tests = fs.readFileSync(path.join(ROOT, "test/engine/cloudStrictness.test.ts"), "utf8");
    assert.ok(codes.length > 15);
    assert.deepEqual(
      codes.filter((code) => !tests.includes(`"${code}"`)),
      [],
    );
  });
});
