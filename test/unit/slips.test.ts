import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { ownFolder, writeOwn } from "../../scripts/ownFiles";
import { slipsPage, slipsTable, type Slip } from "../../scripts/slipsPage";

const SLIPS: Slip[] = [
  { person: "Айгуль <Бекова> & Өмүр", account: "aigul-bekova", password: "abcd2345efgh" },
  { person: "=cmd()", account: "bo", password: "" },
];
const URL = "https://jupyter.example.org";
const FILE = path.join(__dirname, "../../scripts/slips.html.mustache");
const TEMPLATE = fs.readFileSync(FILE, "utf8");

describe("slips", () => {
  it("are a table that a spreadsheet reads, and takes nothing of it for a formula", () => {
    const text = slipsTable(SLIPS, URL);
    assert.equal(text[0], "\ufeff");
    assert.deepEqual(parse(text, { bom: true }), [
      ["person", "account", "password", "address", "note"],
      ["Айгуль <Бекова> & Өмүр", "aigul-bekova", "abcd2345efgh", URL, ""],
      ["'=cmd()", "bo", "", URL, "own password"],
    ]);
  });

  it("are a page that loads nothing, with each person's text as it is", async () => {
    const page = await slipsPage(SLIPS, URL, TEMPLATE, FILE);
    assert.match(page, /Айгуль &lt;Бекова&gt; &amp; Өмүр/);
    assert.match(page, /abcd2345efgh/);
    assert.equal(page.match(/<svg /g)?.length, 2);
    assert.equal(page.match(/your own password/g)?.length, 1);
    assert.doesNotMatch(page, /(src|href)=|url\(|@import/);
    assert.match(page, /default-src 'none'/);
  });

  it("are in the words of another template, unless that is broken or leaves somebody out", async () => {
    const own = "{{#slips}}Сырсөз: {{account}} {{password}}\n{{/slips}}";
    assert.match(await slipsPage(SLIPS, URL, own, "own"), /^Сырсөз: aigul-bekova abcd2345efgh$/m);
    await assert.rejects(slipsPage(SLIPS, URL, "{{#slips}}", "own"), /broken\n[^]*own: Unclosed/);
    await assert.rejects(slipsPage(SLIPS, URL, "hello", "own"), /does not show everybody's/);
  });

  it("are for their owner alone", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "slips-"));
    try {
      const out = path.join(folder, "new/slips");
      ownFolder(out);
      writeOwn(path.join(out, "a"), "text");
      const mode = (file: string) => fs.statSync(file).mode & 0o777;
      assert.deepEqual([mode(out), mode(path.join(out, "a"))], [0o700, 0o600]);
      fs.chmodSync(out, 0o755);
      assert.throws(() => ownFolder(out), { message: /open to others[^]*chmod 700/ });
      assert.equal(mode(out), 0o755);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
