import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ALPHABET, passwordFor } from "../../components/password";

describe("passwords", () => {
  it("have 12 characters that nobody mixes up", () => {
    assert.equal(new Set(ALPHABET).size, 32);
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, name) => {
        assert.match(passwordFor(seed, name), /^[a-z2-9]{12}$/);
        assert.doesNotMatch(passwordFor(seed, name), /[lo10]/);
      }),
    );
  });

  it("stay the same for the same name and seed", () => {
    assert.equal(passwordFor("seed", "nicolas"), passwordFor("seed", "nicolas"));
  });

  it("differ from name to name and from stack to stack", () => {
    const names = Array.from({ length: 500 }, (_, index) => `p${index}`);
    assert.equal(new Set(names.map((name) => passwordFor("seed", name))).size, 500);
    assert.notEqual(passwordFor("seed", "nicolas"), passwordFor("other", "nicolas"));
  });
});
