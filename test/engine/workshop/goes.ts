/** The end: nothing is left that costs money or tells a secret. */
import assert from "node:assert/strict";
import { ACCOUNT, type AccountOutputs } from "./account";
import { assertNothingLeft, succeeded, type Lab } from "./lab";
import { assertRightsNeeded, assertTagged, releaseOwnAddress, takeOwnAddress } from "./operator";

export function goes(workshop: () => Lab, operator: () => AccountOutputs): void {
  describe("goes", () => {
    it("has printed no secret in its life, and has none in its plain state", async () => {
      const { passwords, passwordSeed, sshPrivateKey } = await workshop().outputs();
      // Of a key a line from its middle.
      const keys = [sshPrivateKey, passwordSeed].map((key) => key.split("\n")[2] ?? "");
      const secrets = [...Object.values(passwords), ...keys, operator().secretAccessKey];
      const state = workshop().plainState() + workshop().plainState(ACCOUNT);
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

    it("with an own Elastic IP, and port 22 closed to us, leaving nothing in AWS, no machine and no disk", async () => {
      const own = await takeOwnAddress(workshop());
      succeeded(await workshop().change("destroy"));
      await releaseOwnAddress(workshop(), own);
      await assertNothingLeft(workshop());
    });

    it("has needed every right of its operator, and no other", async () => {
      await assertRightsNeeded(workshop(), operator());
    });

    it("has made, changed and removed nothing in AWS without the tag that its rights go by", async () => {
      await assertTagged(workshop(), operator());
    });
  });
}
