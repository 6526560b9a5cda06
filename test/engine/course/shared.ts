/** The guide's own way, for those who choose it; and the end of every trace. */
import assert from "node:assert/strict";
import { link } from "../../../components/links";
import { TestBrowser } from "../../browser/browser";
import { succeeded, type Lab } from "../workshop/lab";
import { DARCY, notebookText } from "./browser";
import { asParticipant, COURSE, currentToken } from "./server";

export function shared(workshop: () => Lab): void {
  const aisuluu = (lines: string) => asParticipant(workshop(), "aisuluu", lines);

  describe("in mode shared", () => {
    it("the file is the guide's, participants use it, and `up` says what that means", async () => {
      workshop().configure({ gitAccess: "shared" });
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [["test-git-credentials", "update"]]);
      assert.match(up.text, /every participant can read the token in \/etc\/git-credentials/);
      const token = await currentToken(workshop());
      const { stdout } = await workshop().onServer(
        "stat -c '%a %U:%G' /etc/git-credentials; cat /etc/git-credentials; ls /etc/workshop /opt/tljh/state/rules",
      );
      assert.match(stdout, /^644 root:root\n/);
      assert.ok(stdout.includes(`https://x-access-token:${token}@github.test\n`));
      assert.doesNotMatch(stdout, /sealed|workshop-git\.toml/);
      const clone = await aisuluu(
        `rm -rf groundwater-course && git clone -q https://github.test/${COURSE} && git -C groundwater-course pull`,
      );
      assert.equal(clone.exitCode, 0, clone.stderr);
      assert.doesNotMatch(clone.stderr, /lock/);
    });

    it("a link opens the notebook in the browser, and a second click brings the instructor's change", async () => {
      const { url, passwords } = await workshop().outputs();
      const sofia = { name: "sofia", password: passwords["sofia"] ?? "" };
      const push = (...cells: string[]) =>
        workshop().github.push(COURSE, "main", { [DARCY.open]: notebookText(...cells) }, "Change");
      await push("k = 4");
      const browser = await TestBrowser.open();
      try {
        await browser.watch(async () => {
          const visitor = await browser.visitor();
          await visitor.openLink(link(url, DARCY), sofia);
          assert.deepEqual(await visitor.notebook.cellSources(), ["k = 4"]);
          await push("k = 4", "k * 5");
          await visitor.openLink(link(url, DARCY));
          assert.deepEqual(await visitor.notebook.cellSources(), ["k = 4", "k * 5"]);
        });
      } finally {
        await browser.close();
      }
    });

    it("root with a refused token takes nothing away from participants, unlike with `store`", async () => {
      const { github } = workshop();
      await github.fault({ path: `/${COURSE}`, status: 401 });
      await workshop().onServer(
        `GIT_TERMINAL_PROMPT=0 git ls-remote https://github.test/${COURSE}`,
      );
      await github.clearFaults();
      const { stdout } = await workshop().onServer("stat -c '%a %s' /etc/git-credentials");
      assert.match(stdout, /^644 [1-9]/);
      const pull = await aisuluu("git -C groundwater-course fetch -q");
      assert.equal(pull.exitCode, 0, pull.stderr);
    });

    it("is left again for sealed, and pulls go on", async () => {
      workshop().configure({ gitAccess: "sealed" });
      succeeded(await workshop().change("up"));
      const { stdout } = await workshop().onServer("stat -c '%a %U:%G' /etc/git-credentials");
      assert.equal(stdout, "600 root:root\n");
      const pull = await aisuluu("git -C groundwater-course fetch -q");
      assert.equal(pull.exitCode, 0, pull.stderr);
    });
  });

  describe("without the token", () => {
    it("no trace of it is left, and one is reminded to revoke it, with the address", async () => {
      const token = await currentToken(workshop());
      const login = Buffer.from(`x-access-token:${token}`).toString("base64");
      // As `destroy` does it, while the server is still there to be looked at.
      const urn = workshop().urnOf("test-git-credentials");
      const { text, exitCode } = await workshop().change(
        "destroy",
        "--target",
        urn,
        "--target-dependents",
      );
      assert.equal(exitCode, 0, text);
      assert.match(
        text,
        /is still valid\. Revoke it: the settings of your account at https:\/\/github\.test/,
      );
      const { stdout } = await workshop().onServer(
        `grep -rlIF -f - / --exclude-dir=proc --exclude-dir=sys 2>/dev/null
         ls -d /etc/git-credentials /etc/workshop/sealed /opt/tljh/state/rules/workshop-git.toml 2>/dev/null
         git config --system --list; git config --file /opt/tljh/user/etc/gitconfig --list`,
        `${token}\n${login}\n`,
      );
      assert.equal(stdout, "");
      succeeded(await workshop().change("up"));
    });

    it("is destroyed without an error, and leaves nothing", async () => {
      const { text, exitCode } = await workshop().change("destroy");
      assert.equal(exitCode, 0, text);
      assert.match(text, /Revoke it/);
    });
  });
}
