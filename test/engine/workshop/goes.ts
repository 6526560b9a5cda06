/** The end: nothing is left that costs money or tells a secret. */
import assert from "node:assert/strict";
import { assertNothingLeft, ELSEWHERE, succeeded, type Lab } from "./lab";

export function goes(workshop: () => Lab): void {
  describe("goes", () => {
    it("has printed no secret in its life, and has none in its plain state", async () => {
      const { passwords, passwordSeed, sshPrivateKey } = await workshop().outputs();
      // Of a key a line from its middle.
      const keys = [sshPrivateKey, passwordSeed].map((key) => key.split("\n")[2] ?? "");
      const secrets = [...Object.values(passwords), ...keys];
      const state = workshop().plainState();
      assert.match(state, /"ciphertext"/);
      assert.match(workshop().printed, /The hub answers: JupyterHub/);
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
