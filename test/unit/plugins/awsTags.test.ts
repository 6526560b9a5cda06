import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  fromList,
  mergeTags,
  tagChanges,
  tagSpecifications,
  withoutDefaults,
} from "../../../rehearsal/plugins/aws/tags";

const tags = fc.dictionary(fc.constantFrom("a", "b", "c", "Name"), fc.constantFrom("1", "2", ""), {
  noNullPrototype: true,
});

describe("AWS stand-in: tags", () => {
  it("a resource's own tag wins over the provider's default", () => {
    assert.deepEqual(mergeTags({ a: "default", b: "2" }, { a: "own" }), { a: "own", b: "2" });
  });

  it("after a creation, tags without defaults are the resource's own", () => {
    fc.assert(
      fc.property(tags, tags, (defaults, own) => {
        assert.deepEqual(withoutDefaults(mergeTags(defaults, own), defaults, own), own);
      }),
    );
  });

  it("a default tag that someone changed shows as the resource's own", () => {
    assert.deepEqual(withoutDefaults({ a: "changed" }, { a: "1" }, {}), { a: "changed" });
  });

  it("the changes from one set to another lead from one to the other", () => {
    fc.assert(
      fc.property(tags, tags, (from, to) => {
        const { set, remove } = tagChanges(from, to);
        const result = { ...from, ...set };
        for (const key of remove) delete result[key];
        assert.deepEqual(result, to);
      }),
    );
  });

  it("AWS's own tags are nobody's business", () => {
    const list = [
      { Key: "b", Value: "2" },
      { Key: "aws:cloudformation:stack-name", Value: "x" },
      { Key: "a", Value: "1" },
    ];
    assert.deepEqual(Object.keys(fromList(list)), ["a", "b"]);
  });

  it("no tags are no specification, which AWS would refuse", () => {
    assert.deepEqual(tagSpecifications("vpc", {}), []);
    assert.deepEqual(tagSpecifications("vpc", { a: "1" }), [
      { ResourceType: "vpc", Tags: [{ Key: "a", Value: "1" }] },
    ]);
  });
});
