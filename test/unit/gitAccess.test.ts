import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import { GIT_DOOR_PORT, gitConfig, traefikRule } from "../../providers/gitAccess";
import { tokenFingerprint } from "../../providers/gitCredentialsFile";

const DOOR = `http://127.0.0.1:${GIT_DOOR_PORT}/`;
const LISTED = ["lab/course", "lab/course-two.x", "Other/a_b", "lab/course1"];

describe("access to private repositories", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-access-"));
  const config = path.join(folder, "gitconfig");
  const work = path.join(folder, "work");
  const env = { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_SYSTEM: config };
  before(() => {
    fs.writeFileSync(config, gitConfig("sealed", "github.test", LISTED));
    execFileSync("git", ["init", "-q", work], { env });
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** Where git goes for an address. */
  function goesTo(address: string, ...push: string[]): string {
    const url = address.replace(/["\\]/g, "\\$&");
    fs.writeFileSync(path.join(work, ".git/config"), `[remote "a"]\n\turl = "${url}"\n`);
    const args = ["remote", "get-url", ...push, "a"];
    return execFileSync("git", args, { env, cwd: work, encoding: "utf8" }).trimEnd();
  }

  for (const repository of LISTED) {
    it(`reads ${repository} through the hub's proxy, and writes past it`, () => {
      for (const end of ["", ".git", "/", ".git/"]) {
        const address = `https://github.test/${repository}${end}`;
        assert.equal(goesTo(address), `${DOOR}${repository}${end}`);
        assert.equal(goesTo(address, "--push"), address);
      }
    });
  }

  for (const rest of [
    "lab/course-two",
    "lab/course.github.io",
    "lab/course.gi",
    "lab/course.git2",
  ]) {
    it(`leaves ${rest} alone, whose name begins with a listed one's`, () => {
      assert.equal(goesTo(`https://github.test/${rest}`), `https://github.test/${rest}`);
    });
  }

  it("leaves every other address alone", () => {
    const sign = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCZ019-_.~%+@!$'()*,;=:&");
    const name = fc.array(sign, { minLength: 1, maxLength: 12 }).map((signs) => signs.join(""));
    const near = fc
      .tuple(fc.constantFrom(...LISTED, "lab", "nobody/x"), name)
      .map(([listed, rest]) => listed + rest);
    const known = new Set(LISTED.flatMap((one) => [one, `${one}.git`]));
    fc.assert(
      fc.property(near, (rest) => {
        fc.pre(!known.has(rest));
        const address = `https://github.test/${rest}`;
        assert.equal(goesTo(address), address);
        assert.equal(goesTo(address, "--push"), address);
      }),
      { numRuns: 150 },
    );
  });

  it("leaves other hosts and other protocols alone", () => {
    for (const address of [
      "https://github.com/lab/course",
      "http://github.test/lab/course",
      "git@github.test:lab/course",
      "https://me@github.test/lab/course",
    ]) {
      assert.equal(goesTo(address), address);
    }
  });

  it("never lets git ask for a password of the proxy", () => {
    const ask = () =>
      execFileSync("git", ["credential", "fill"], {
        env,
        input: `url=${DOOR}lab/course\n\n`,
        stdio: ["pipe", "pipe", "pipe"],
        encoding: "utf8",
      });
    assert.throws(ask, /told us to quit/);
  });

  it("gives participants the credentials file and nothing else in mode shared", () => {
    fs.writeFileSync(config, gitConfig("shared", "github.test", LISTED));
    const printed = execFileSync("git", ["config", "--list", "--system"], {
      env,
      encoding: "utf8",
    });
    const helper = `!f() { test "$1" = get && git credential-store --file /etc/git-credentials get; }; f`;
    assert.equal(printed, `credential.https://github.test.helper=${helper}\n`);
  });

  it("has the token in the rule once, as HTTP sends it, and the fingerprint in each answer", () => {
    const rule = traefikRule({
      host: "github.test",
      username: "x-access-token",
      token: "ghp_secret",
      repositories: ["lab/course"],
    });
    const login = Buffer.from("x-access-token:ghp_secret").toString("base64");
    assert.equal(rule.split(login).length, 2);
    assert.ok(!rule.includes("ghp_secret"));
    assert.ok(rule.includes(`X-Workshop-Token = "${tokenFingerprint("ghp_secret")}"`));
    assert.equal(rule.match(/receive-pack/g)?.length, 1);
    assert.match(rule, /!Query\(`service`, `git-receive-pack`\)/);
  });

  it("has the port that the server's scripts open, one that no participant can take", () => {
    const lib = fs.readFileSync(path.join(__dirname, "../../scripts/server/lib.sh"), "utf8");
    assert.match(lib, new RegExp(`^git_door_port=${GIT_DOOR_PORT}$`, "m"));
    assert.ok(GIT_DOOR_PORT < 1024);
  });
});
