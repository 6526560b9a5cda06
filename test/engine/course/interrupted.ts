/** An update that ends in the middle leaves what is there whole, and the next one goes on. */
import assert from "node:assert/strict";
import { textFor } from "../../../providers/gitCredentials";
import { credentialsFile, tokenFingerprint } from "../../../providers/gitCredentialsFile";
import { succeeded, type Lab } from "../workshop/lab";
import { asParticipant, COURSE, credentialsOf, currentToken } from "./server";

/** Kills the script, as a lost machine does, before the command of a number. */
function killedBefore(command: number, text: string): string {
  return `set -T; n=0; trap '[ $((n += 1)) != ${command} ] || kill -9 $BASHPID $$' DEBUG\n${text}`;
}

/** Commands between two deaths. */
const STEP = 6;

export function interrupted(workshop: () => Lab): void {
  describe("an update that is killed", () => {
    it("at any point leaves the file whole, old or new; pulls go on; `up` mends the rest", async () => {
      const old = await currentToken(workshop());
      const { token } = await workshop().github.newToken();
      const inputs = await credentialsOf(workshop(), { token });
      const files = [old, token].map((one) =>
        credentialsFile([{ host: inputs.host, username: inputs.username, token: one }]),
      );
      const seen = new Set<string>();
      let deaths = 0;
      for (let command = 1; ; command += STEP) {
        const text = killedBefore(command, textFor("switch", inputs));
        const { exitCode } = await workshop().onServer("bash -s", text);
        const { stdout } = await workshop().onServer("cat /etc/git-credentials");
        assert.ok(files.includes(stdout), `killed before command ${command}: another file`);
        seen.add(tokenFingerprint(stdout));
        const pull = await asParticipant(
          workshop(),
          "aisuluu",
          `git ls-remote -q https://github.test/${COURSE} HEAD`,
        );
        assert.equal(pull.exitCode, 0, `killed before command ${command}: ${pull.stderr}`);
        if (exitCode === 0) break;
        deaths += 1;
      }
      assert.ok(deaths > 10, String(deaths));
      assert.equal(seen.size, 2);
      // The stack's own token again, and nothing left of what was half done.
      await workshop().onServer("echo half >/etc/git-credentials.workshop-part");
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [["test-git-credentials", "update"]]);
      const left = await workshop().onServer(
        "ls /etc/git-credentials* /etc/workshop/sealed /dev/shm | grep -v '^$'",
      );
      assert.match(
        left.stdout,
        /^\/etc\/git-credentials\n\/dev\/shm:\n(tmp\.\S+\n)*\/etc\/workshop\/sealed:\nrule-[0-9a-f]{12}\.toml\n$/,
      );
    });
  });
}
