import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { assignments, quote } from "../../components/shell";

function bash(text: string): string {
  return execFileSync("bash", ["-c", text], { encoding: "utf8" });
}

/** What a person might type into a configuration, the shell's own signs among it. */
const anyText = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));

describe("values for the shell", () => {
  it("come out as they went in, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (texts) => {
        const printed = bash(`printf '%s\\0' ${texts.map(quote).join(" ")}`);
        assert.deepEqual(printed.split("\0").slice(0, -1), texts);
      }),
      { numRuns: 50 },
    );
  });

  it("can be a text, a number, a list and a table", () => {
    const text = assignments({
      TEXT: 'it\'s $HOME `id` "x"\nsecond line',
      NUMBER: 15,
      LIST: ["a b", "*", ""],
      TABLE: { nicolas: "p'w", "tea-2": "$x" },
    });
    const printed = bash(
      `${text}printf '%s|' "$TEXT" "$NUMBER" "\${#LIST[@]}" "\${LIST[@]}" "\${TABLE[nicolas]}" "\${TABLE[tea-2]}"`,
    );
    assert.equal(printed, "it's $HOME `id` \"x\"\nsecond line|15|3|a b|*||p'w|$x|");
  });

  it("an empty list is a list", () => {
    assert.equal(bash(`set -u\n${assignments({ LIST: [] })}echo "\${#LIST[@]}"`), "0\n");
  });

  it("refuses what a shell cannot hold", () => {
    assert.throws(() => quote("a\0b"), /NUL/);
    assert.throws(() => assignments({ "a b": "x" }), /not a name for a variable: a b/);
  });
});
