/** Participants read what is listed, and get neither the token nor anything else by it. */
import assert from "node:assert/strict";
import { DEV_TOKEN } from "../../../rehearsal/github/seed";
import { GIT_DOOR_PORT } from "../../../providers/gitAccess";
import { tokenFingerprint } from "../../../providers/gitCredentialsFile";
import type { Lab } from "../workshop/lab";
import { asParticipant, COURSE, DATA } from "./server";

const DOOR = `http://127.0.0.1:${GIT_DOOR_PORT}`;
const REFS = "info/refs?service=git-upload-pack";
const LOGIN = Buffer.from(`x-access-token:${DEV_TOKEN}`).toString("base64");

export function sealed(workshop: () => Lab): void {
  const aisuluu = (lines: string) => asParticipant(workshop(), "aisuluu", lines);

  /** That the lines succeed; gives what they print. */
  async function can(lines: string): Promise<string> {
    const { exitCode, stdout, stderr } = await aisuluu(lines);
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  }

  /** That the lines fail, and show neither form of the token; gives all they print. */
  async function cannot(lines: string): Promise<string> {
    const { exitCode, stdout, stderr } = await aisuluu(lines);
    const text = stdout + stderr;
    assert.notEqual(exitCode, 0, text);
    assert.ok(!text.includes(DEV_TOKEN) && !text.includes(LOGIN), text);
    return text;
  }

  describe("in mode sealed a participant", () => {
    it("clones and pulls the listed repositories, which keep their own address", async () => {
      const printed = await can(`
        git clone -q https://github.test/${COURSE} && cd groundwater-course
        git pull -q && git remote get-url origin --all; git config remote.origin.url
        git -C ~ clone -q --depth 1 https://github.test/${DATA}.git && ls ~/field-data | wc -l`);
      assert.match(printed, new RegExp(`^${DOOR}/${COURSE}\nhttps://github.test/${COURSE}\n`));
    });

    it("does so with conda's git, too, which has a configuration of its own", async () => {
      await can(`
        export GIT_CONFIG_SYSTEM=/opt/tljh/user/etc/gitconfig
        git clone -q https://github.test/${COURSE} with-conda && cd with-conda && git pull -q`);
    });

    it("is as good as without us everywhere else: public clone, pip, a neighbour's name", async () => {
      await can("git clone -q https://github.test/river-lab/open-data");
      const neighbour = await cannot(
        "GIT_TERMINAL_PROMPT=0 git ls-remote https://github.test/river-lab/groundwater-course-two",
      );
      assert.match(neighbour, /could not read Username for 'https:\/\/github\.test'/);
    });

    it("pushes with an own account to an own repository", async () => {
      const { token } = await workshop().github.newToken({ account: "aisuluu" });
      await can(`
        git config --global credential.helper store; git config --global user.name A
        git config --global user.email a@example.org
        umask 077; printf 'https://aisuluu:%s@github.test\\n' '${token}' >~/.git-credentials
        git clone -q https://github.test/aisuluu/notes && cd notes
        date >today.txt && git add . && git commit -qm today && git push -q
        rm ~/.git-credentials ~/.gitconfig`);
    });

    const reading: [string, string, RegExp][] = [
      ["the credentials file", "cat /etc/git-credentials", /Permission denied/],
      ["the folder of Traefik's rule", "ls /etc/workshop/sealed", /Permission denied/],
      ["the rule itself", "cat /opt/tljh/state/rules/workshop-git.toml", /Permission denied/],
      ["Traefik's memory", "cat /proc/$(pgrep -o traefik)/mem", /Permission denied/],
      ["Traefik's environment", "cat /proc/$(pgrep -o traefik)/environ", /Permission denied/],
      ["the journal", "journalctl -u traefik -n 1 -q --no-pager | grep .", /(?:)/],
      ["root's files by sudo", "sudo -n cat /etc/git-credentials", /password|not allowed|required/],
      [
        "the helper's answer",
        `printf 'protocol=https\\nhost=github.test\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill`,
        /could not read Username/,
      ],
    ];
    for (const [what, lines, refusal] of reading) {
      it(`cannot read ${what}`, async () => assert.match(await cannot(lines), refusal));
    }

    it("sees no token in git's configuration, its traces, or anybody's processes", async () => {
      const printed = await can(`
        git config --list --show-origin
        GIT_TRACE_CURL=1 GIT_TRACE=1 GIT_CURL_VERBOSE=1 GIT_TRACE_REDACT=0 \\
          git ls-remote https://github.test/${COURSE} 2>&1
        cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; env`);
      assert.match(printed, /x-workshop-token: [0-9a-f]{12}/i);
      assert.ok(!printed.includes(DEV_TOKEN) && !printed.includes(LOGIN));
    });

    const requests: [string, string][] = [
      ["a repository that is not listed", `/river-lab/exam/${REFS}`],
      ["one whose name begins the same", `/river-lab/groundwater-course-two/${REFS}`],
      ["the same way back up", `/${COURSE}/../exam/${REFS}`],
      ["the same, encoded", `/${COURSE}/%2e%2e/exam/${REFS}`],
      ["the same, with an encoded slash", `/river-lab%2fexam/${REFS}`],
      ["what announces a push", `/${COURSE}/info/refs?service=git-receive-pack`],
      ["both at once", `/${COURSE}/${REFS}&service=git-receive-pack`],
      [
        "both, the other way round",
        `/${COURSE}/info/refs?service=git-receive-pack&service=git-upload-pack`,
      ],
      ["both behind a semicolon", `/${COURSE}/${REFS};service=git-receive-pack`],
      ["the dumb protocol", `/${COURSE}/HEAD`],
      ["large files' own protocol", `/${COURSE}.git/info/lfs/objects/batch`],
      ["an archive", `/${COURSE}/archive/refs/heads/main.zip`],
      ["the host's API", "/user"],
      ["Traefik's API", "/api/rawdata"],
      ["nothing", "/"],
    ];
    for (const [what, rest] of requests) {
      it(`is answered 404 when it asks the proxy for ${what}`, async () => {
        const curl = `curl -s -o /dev/null -w '%{http_code}' --path-as-is '${DOOR}${rest}'`;
        assert.equal(await can(curl), "404");
      });
    }

    it("cannot push by the proxy, with any method or trick of headers", async () => {
      const status = (options: string, rest: string) =>
        `curl -s -o /dev/null -w '%{http_code}\\n' ${options} '${DOOR}${rest}'`;
      const printed = await can(
        [
          status("-X POST", `/${COURSE}/git-receive-pack`),
          status("-X PUT", `/${COURSE}/git-upload-pack`),
          status("-X DELETE", `/${COURSE}/${REFS}`),
          status("-X TRACE", `/${COURSE}/${REFS}`),
          status("-X POST -H 'X-HTTP-Method-Override: PUT'", `/${COURSE}/git-receive-pack`),
          status(
            "-H 'X-Original-URL: /river-lab/exam' -H 'X-Rewrite-URL: /river-lab/exam'",
            `/river-lab/exam/${REFS}`,
          ),
        ].join("\n"),
      );
      assert.equal(printed, "404\n".repeat(6));
      const pushed = await cannot(`
        cd groundwater-course && git config user.name A && git config user.email a@example.org
        git commit -q --allow-empty -m mine
        GIT_TERMINAL_PROMPT=0 git push https://github.test/${COURSE} HEAD:refs/heads/mine; s=$?
        git push ${DOOR}/${COURSE} HEAD:refs/heads/mine && s=0; exit $s`);
      assert.match(pushed, /could not read Username for 'https:\/\/github\.test'/);
      assert.match(pushed, /not found|quit/);
    });

    it("cannot send the token to a host of its own choice", async () => {
      const printed = await can(`
        (timeout 8 python3 -c '
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.headers, flush=True); self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8765), H).serve_forever()' >~/caught 2>&1 &)
        sleep 1
        for header in 'Host: 127.0.0.1:8765' 'X-Forwarded-Host: 127.0.0.1:8765' \\
          'X-Forwarded-Server: 127.0.0.1:8765' 'Forwarded: host=127.0.0.1:8765' 'Connection: Authorization'; do
          curl -s -o /dev/null -H "$header" '${DOOR}/${COURSE}/${REFS}'
        done
        curl -s -o /dev/null --request-target 'http://127.0.0.1:8765/${COURSE}/${REFS}' '${DOOR}/'
        git -c http.proxy=http://127.0.0.1:8765 ls-remote https://github.test/${COURSE} 2>/dev/null
        cat ~/caught`);
      assert.ok(!printed.includes(LOGIN) && !/^authorization:/im.test(printed), printed);
    });

    it("is not led elsewhere with it by a redirect of the host's", async () => {
      const github = workshop().github;
      await github.clearLog();
      await github.fault({ path: `/${COURSE}`, redirect: "http://127.0.0.1:8765/caught" });
      const printed = await can(`
        (timeout 5 python3 -c '
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.headers, flush=True); self.send_response(404); self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8765), H).serve_forever()' >~/caught 2>&1 &)
        sleep 1; git ls-remote https://github.test/${COURSE} 2>&1; cat ~/caught`);
      await github.clearFaults();
      assert.match(printed, /user-agent: git/i);
      assert.doesNotMatch(printed, /^authorization:/im);
    });

    it("cannot reach the metadata service, and finds no key there", async () => {
      await cannot("curl -sS --max-time 3 http://169.254.169.254/latest/meta-data/");
    });

    it("cannot listen where git finds the proxy", async () => {
      const said = await cannot(
        `python3 -c 'import socket; socket.socket().bind(("127.0.0.2", ${GIT_DOOR_PORT}))'`,
      );
      assert.match(said, /Permission denied/);
    });

    it("is seen by the host as one reader with the stack's token", async () => {
      await workshop().github.clearLog();
      await can(`git ls-remote -q https://github.test/${COURSE} HEAD`);
      const log = await workshop().github.log();
      assert.ok(log.length > 0);
      const prints = new Set(log.map((line) => line.fingerprint));
      assert.deepEqual([...prints], [tokenFingerprint(DEV_TOKEN)]);
    });
  });
}
