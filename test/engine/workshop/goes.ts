/** The end: nothing is left that costs money or tells a secret. */
import assert from "node:assert/strict";
import { assertNothingLeft, ELSEWHERE, succeeded, type Lab } from "./lab";

export function goes(workshop: () => Lab): void {
  describe("goes", () => {
    it("has printed no secret in its life, and has none in its plain state", async () => {
      const { passwords, sshPrivateKey } = await workshop().outputs();
      // Of the key a line from its middle.
      const secrets = [...Object.values(passwords), sshPrivateKey.split("\n")[2] ?? ""];
      const state = workshop().plainState();
      assert.match(state, /"ciphertext"/);
      assert.match(workshop().printed, /nicolas: has a password/);
      for (const secret of secrets) {
        assert.ok(secret.length >= 12);
        assert.ok(!state.includes(secret), "in the state");
        assert.ok(!workshop().printed.includes(secret), "in what pulumi printed");
      }
      // The scripts' text is no secret, but the values in front of it are.
      assert.doesNotMatch(state, /PASSWORDS=/);
    });

    it("with port 22 closed to us, leaving nothing in AWS, no machine and no disk", async () => {
      workshop().configure({ sshCidrs: ELSEWHERE });
      succeeded(await workshop().change("up"));
      succeeded(await workshop().change("destroy"));
      await assertNothingLeft(workshop());
    });
  });
}
