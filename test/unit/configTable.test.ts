import assert from "node:assert/strict";
import { configTable, withTable } from "../../scripts/configTableText";

const YAML = `config:
  a: { type: string, default: "", description: "x | y" }
  b: { type: array, default: [me], description: List. }
  c: { type: object, default: { pip: [flopy, numpy], apt: [gdal-bin] }, description: Lists. }
`;

describe("the README's table of configuration", () => {
  it("has a row for each key, and no default that is empty", () => {
    const [, , a, b, c] = configTable(YAML).split("\n");
    assert.equal(a, "| `a` | none | x \\| y |");
    assert.equal(b, "| `b` | me | List. |");
    assert.equal(c, "| `c` | pip: flopy, numpy; apt: gdal-bin | Lists. |");
  });

  it("replaces only what is between its marks, however often", () => {
    const readme =
      "before\n<!-- configuration: made by scripts/configTable.ts -->\nold\n<!-- end of configuration -->\nafter\n";
    const once = withTable(readme, "TABLE");
    assert.match(once, /^before\n<!--.*-->\n\nTABLE\n\n<!-- end of configuration -->\nafter\n$/);
    assert.equal(withTable(once, "TABLE"), once);
  });

  it("says which mark is missing", () => {
    assert.throws(() => withTable("no marks", ""), /README\.md lacks/);
  });
});
