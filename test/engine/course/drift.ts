/** What is changed by hand on the server is seen, and mended alone. */
import assert from "node:assert/strict";
import { provider } from "../../../providers/gitCredentials";
import { succeeded, type Lab } from "../workshop/lab";
import { asParticipant, COURSE, credentialsOf, remembered } from "./server";

export function drift(workshop: () => Lab): void {
  const changes: [string, string, RegExp][] = [
    ["an edited file", "echo x >>/etc/git-credentials", /git-credentials has another content/],
    ["a deleted file", "rm /etc/git-credentials", /git-credentials is gone/],
    [
      "a file that everybody can read",
      "chmod 644 /etc/git-credentials",
      /has mode and owner 644 root:root, not 600 root:root/,
    ],
    [
      "a file of somebody else's",
      "chown jupyter-aisuluu /etc/git-credentials",
      /has mode and owner 600 jupyter-aisuluu:root/,
    ],
    ["git's configuration without us", "rm /etc/gitconfig", /\/etc\/gitconfig does not include/],
    [
      "conda's git's, too",
      "git config --file /opt/tljh/user/etc/gitconfig --unset-all include.path",
      /\/opt\/tljh\/user\/etc\/gitconfig does not include/,
    ],
    ["an emptied configuration", ": >/etc/workshop/gitconfig", /gitconfig is gone or has another/],
    ["a removed rule", "rm /opt/tljh/state/rules/workshop-git.toml", /Traefik's rule \S+ is gone/],
    ["an edited rule", "echo >>/opt/tljh/state/rules/workshop-git.toml", /rule \S+ has another/],
  ];

  describe("what is changed by hand", () => {
    for (const [what, lines, seen] of changes) {
      it(`(${what}) is seen, and mended by the next update`, async () => {
        const inputs = await credentialsOf(workshop());
        const olds = remembered(inputs, inputs.fingerprint);
        await workshop().onServer(lines);
        const read = await provider.read?.("id", olds);
        assert.equal(read?.props?.drift.length, 1, read?.props?.drift.join());
        assert.match(read?.props?.drift[0] ?? "", seen);
        assert.equal((await provider.diff?.("id", olds, inputs))?.changes, true);
        await provider.update?.("id", olds, inputs);
        assert.deepEqual((await provider.read?.("id", olds))?.props?.drift, []);
        assert.equal((await provider.diff?.("id", olds, inputs))?.changes, false);
      });
    }

    it("(a rule of somebody else's that Traefik cannot read) is named, and the token stays", async () => {
      const broken = "/opt/tljh/state/rules/broken.toml";
      const inputs = await credentialsOf(workshop());
      const { token } = await workshop().github.newToken();
      await workshop().onServer(`echo '[' >${broken}`);
      const update = provider.update?.(
        "id",
        remembered(inputs, inputs.fingerprint),
        await credentialsOf(workshop(), { token }),
      );
      await assert.rejects(update ?? Promise.resolve(), (error: Error) => {
        assert.match(error.message, /the one before may still be in force/);
        assert.match(error.message, new RegExp(`${broken}(.|\n)*mend or remove it`));
        return true;
      });
      assert.equal((await credentialsOf(workshop())).token, inputs.token);
      await workshop().onServer(`rm ${broken}`);
      await provider.update?.("id", remembered(inputs, inputs.fingerprint), inputs);
      assert.deepEqual(
        (await provider.read?.("id", remembered(inputs, inputs.fingerprint)))?.props?.drift,
        [],
      );
    });

    it("is shown by `pulumi refresh`, and `pulumi up` mends just that", async () => {
      await workshop().onServer("chmod 644 /etc/git-credentials");
      const refresh = await workshop().change("refresh", "--diff");
      succeeded(refresh);
      assert.match(refresh.text, /git-credentials has mode and owner 644 root:root, not 600/);
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [["test-git-credentials", "update"]]);
      const { stdout } = await workshop().onServer("stat -c %a /etc/git-credentials");
      assert.equal(stdout, "600\n");
    });

    it("is mended, too, when it is the proxy's door for git; the hub comes back", async () => {
      const file = "/opt/tljh/config/traefik_config.d/workshop-git.toml";
      await workshop().onServer(`rm ${file}; tljh-config reload proxy`);
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [["test-git-credentials", "update"]]);
      const pull = await asParticipant(
        workshop(),
        "aisuluu",
        `git ls-remote -q https://github.test/${COURSE} HEAD`,
      );
      assert.equal(pull.exitCode, 0, pull.stderr);
      await workshop().serverShows("curl -fsS http://127.0.0.1/hub/health");
    });
  });
}
