/** A new token takes the place of the old one, and nobody notices. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { DEV_TOKEN } from "../../../rehearsal/github/seed";
import { provider } from "../../../providers/gitCredentials";
import { tokenFingerprint } from "../../../providers/gitCredentialsFile";
import { failed, succeeded, type Lab } from "../workshop/lab";
import { asParticipant, COURSE, credentialsOf, DATA, remembered } from "./server";

/** What is in force on the server: a change of any of it is seen. */
const IN_FORCE = `
  sha256sum /etc/git-credentials /etc/workshop/gitconfig /etc/gitconfig /opt/tljh/user/etc/gitconfig
  readlink /opt/tljh/state/rules/workshop-git.toml; sha256sum /etc/workshop/sealed/*`;

/** When the services last started. */
const STARTED =
  "systemctl show traefik jupyterhub --property=Id,ActiveEnterTimestampMonotonic,MainPID";

export function rotation(workshop: () => Lab): void {
  const github = () => workshop().github;
  const onServer = async (lines: string) => (await workshop().onServer(lines)).stdout;

  describe("a rotated token", () => {
    before(async () => {
      await asParticipant(
        workshop(),
        "aisuluu",
        `[ -d groundwater-course ] || git clone -q https://github.test/${COURSE}`,
      );
    });

    it("is one update in the preview, of the token alone", async () => {
      const { token } = await github().newToken();
      await workshop().configureSecret("gitToken", token);
      const { text } = await workshop().preview();
      assert.match(text, /~ 1 to update\n +\d+ unchanged/);
      const from = text.indexOf("~ pulumi-nodejs:dynamic/tljh:GitCredentials");
      const diff = text.slice(from, text.indexOf("Resources:"));
      const changed = diff.match(/^ +[~+-] .*$/gm)?.map((line) => line.trim());
      const [was, is] = [DEV_TOKEN, token].map(tokenFingerprint);
      assert.deepEqual(changed, [`~ fingerprint : "${was}" => "${is}"`], diff);
      assert.ok(!text.includes(token));
    });

    it("is in force when `up` ends, with no service restarted, and says which may be revoked", async () => {
      const before = await onServer(STARTED);
      await github().clearLog();
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [["test-git-credentials", "update"]]);
      assert.match(
        up.text,
        /The token [0-9a-f]{12} is in force\. The one before \([0-9a-f]{12}\) is no longer used and may be revoked: the settings of your account at https:\/\/github\.test/,
      );
      assert.equal(await onServer(STARTED), before);
      await asParticipant(workshop(), "aisuluu", "git -C groundwater-course fetch -q");
      const [, former = "", now = ""] =
        /The token ([0-9a-f]{12}) is in force\. The one before \(([0-9a-f]{12})/.exec(up.text) ??
        [];
      assert.notEqual(former, now);
      const last = (await github().log()).at(-1);
      assert.equal(last?.fingerprint, former);
    });

    it("needs the old one no more: revoked, pulls go on", async () => {
      await github().revokeAllBut(1);
      const pull = await asParticipant(workshop(), "aisuluu", "git -C groundwater-course fetch -q");
      assert.equal(pull.exitCode, 0, pull.stderr);
    });

    it("fails no pull of six people who pull all the time", async () => {
      const people = ["aisuluu", "bakyt", "nurlan", "saule", "timur", "zarina"];
      const folder = await onServer("mktemp -d -p /dev/shm && chmod 777 /dev/shm/tmp.*");
      const at = folder.split("\n")[0] ?? "";
      const loops = people.map((name) =>
        asParticipant(
          workshop(),
          name,
          `test -d course || git clone -q https://github.test/${COURSE} course || exit
           touch ${at}/${name}; ok=0 failed=0
           until [ -e ${at}/stop ]; do
             if git -C course pull -q 2>>~/errors; then ok=$((ok+1)); else failed=$((failed+1)); fi
           done
           echo "$ok $failed"; cat ~/errors >&2`,
        ),
      );
      await workshop().serverShows(`[ "$(ls ${at} | wc -l)" = ${people.length} ]`);
      let inputs = await credentialsOf(workshop(), { token: (await github().newToken()).token });
      let { outs } = await provider.create(inputs);
      for (let round = 0; round < 4; round += 1) {
        inputs = await credentialsOf(workshop(), { token: (await github().newToken()).token });
        assert.ok(outs);
        ({ outs } = (await provider.update?.("", outs, inputs)) ?? {});
        assert.equal(outs?.fingerprint, tokenFingerprint(inputs.token));
        await sleep(0);
      }
      await onServer(`touch ${at}/stop`);
      const counts = (await Promise.all(loops)).map((one) => {
        assert.equal(one.exitCode, 0, one.stderr);
        return [...one.stdout.trim().split(" ").map(Number), one.stderr];
      });
      await onServer(`rm -r ${at}`);
      for (const [ok, bad, said] of counts) {
        assert.equal(bad, 0, String(said));
        assert.ok(Number(ok) > 0);
      }
      // The stack's own token again.
      succeeded(await workshop().change("up"));
    });
  });

  describe("a token that the host refuses", () => {
    afterEach(() => github().clearFaults());

    const refusals: [string, () => Promise<string>, RegExp[]][] = [
      [
        "because it was revoked",
        async () => {
          const { token } = await github().newToken();
          await github().revoke(token);
          return token;
        },
        [
          /refuses the token: it is mistyped, expired or revoked/,
          /401/,
          /config --stack test set --secret gitToken/,
        ],
      ],
      [
        "because it has expired",
        async () => {
          const { token } = await github().newToken();
          await github().expire(token);
          return token;
        },
        [/expired or revoked/, /401/],
      ],
      [
        "for one repository of two",
        async () => (await github().newToken({ repositories: [COURSE] })).token,
        [new RegExp(`${DATA} does not exist at github.test, or the token may not read it`), /404/],
      ],
      [
        "because the organisation has not approved it",
        async () => (await github().newToken({ approved: false })).token,
        [/an approval is missing/, /403/],
      ],
    ];
    for (const [why, make, texts] of refusals) {
      it(`${why} changes nothing on the server, and the error says why`, async () => {
        const token = await make();
        const before = await onServer(IN_FORCE);
        const olds = remembered(await credentialsOf(workshop()), "0123456789ab");
        const inputs = await credentialsOf(workshop(), { token });
        const error = await provider.update?.("", olds, inputs).then(
          () => assert.fail("it was taken"),
          (reason: Error) => reason.message,
        );
        assert.match(
          error ?? "",
          /The new token was not taken; the one before \(0123456789ab\) stays in force/,
        );
        for (const text of texts) assert.match(error ?? "", text);
        assert.ok(!error?.includes(token));
        assert.equal(await onServer(IN_FORCE), before);
      });
    }

    it("fails `up` in that one resource, and the next `up` with a good one goes on", async () => {
      const bad = await github().newToken();
      await github().revoke(bad.token);
      await workshop().configureSecret("gitToken", bad.token);
      const up = await workshop().change("up");
      failed(up, /GitCredentials/, /expired or revoked/, /stays in force/);
      assert.deepEqual(up.steps, []);
      assert.ok(!up.text.includes(bad.token));
      await workshop().configureSecret("gitToken", (await github().newToken()).token);
      const good = await workshop().change("up");
      succeeded(good);
      assert.deepEqual(good.steps, [["test-git-credentials", "update"]]);
    });

    it("because the host cannot be reached is not called a bad token", async () => {
      await github().fault({ path: "/", cut: true });
      const inputs = await credentialsOf(workshop());
      const olds = remembered(inputs, "0123456789ab");
      await assert.rejects(
        provider.update?.("", olds, inputs) ?? Promise.resolve(),
        /cannot reach github\.test/,
      );
    });
  });

  describe("the end of a token", () => {
    it("is what the host's API says, and an earlier one than configured names the command", async () => {
      const { token, expires } = await github().newToken({ days: 20 });
      const inputs = await credentialsOf(workshop(), { token, expires: "2031-01-01" });
      const olds = remembered(inputs, "0123456789ab");
      const day = (expires ?? "").slice(0, 10);
      await assert.rejects(
        provider.update?.("", olds, inputs) ?? Promise.resolve(),
        new RegExp(`pulumi config --stack test set gitTokenExpires ${day}`),
      );
      const { outs } = (await provider.update?.("", olds, { ...inputs, expires: "" })) ?? {};
      assert.equal(outs?.validUntil, day);
    });

    it("is no reason to refuse a classic token, which is warned of", async () => {
      const { token } = await github().newToken({ classic: true });
      const inputs = await credentialsOf(workshop(), { token });
      const { outs } =
        (await provider.update?.("", remembered(inputs, "0123456789ab"), inputs)) ?? {};
      assert.match(outs?.warnings.join() ?? "", /classic token with scope `repo`/);
      succeeded(await workshop().change("up"));
    });
  });
}
