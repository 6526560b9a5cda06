/** `npm run check`, `npm run rehearse`, and the page that participants open at home. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import type { Report } from "../../../scripts/class/page";
import { PHASES } from "../../../scripts/class/visit";
import type { Row } from "../../../scripts/proof/rows";
import { TestBrowser } from "../../browser/browser";
import type { Lab } from "../workshop/lab";

interface Proved {
  ready: boolean;
  rows: Row[];
}

/** What a newcomer's browser loads, in bytes over the line, from the log-in page to JupyterLab. */
async function loadedBy(browser: TestBrowser, url: string, password: string): Promise<number> {
  const visitor = await browser.visitor();
  const devtools = await visitor.page.context().newCDPSession(visitor.page);
  await devtools.send("Network.enable");
  let bytes = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await visitor.logIn(url, { name: "sofia", password });
  await visitor.page.waitForLoadState("networkidle");
  await visitor.leave();
  return bytes;
}

export function proof(workshop: () => Lab): void {
  describe("the proof", () => {
    let megabytes = 0;

    /** Who has an account on the hub, a home folder or a Unix user, made for a while. */
    async function traces(): Promise<string> {
      const { stdout } = await workshop().onServer(
        `ls /home | grep jupyter-workshop; getent passwd | grep jupyter-workshop
         /opt/tljh/hub/bin/python3 -c 'import dbm
with dbm.open("/opt/tljh/state/passwords.dbm") as known: print(*[it for it in known.keys() if b"workshop-" in it])'
         systemctl list-units --all --no-legend 'jupyter-workshop*'`,
      );
      return stdout.trim();
    }

    async function check(): Promise<Proved & { exitCode: number; text: string }> {
      const running = workshop().startCommand("check", "--json");
      const exitCode = await running.ended;
      const { stdout, text } = running;
      assert.match(stdout, /^\{/, text);
      return { ...(JSON.parse(stdout) as Proved), exitCode, text };
    }

    it("is good in every row, and leaves nothing behind", async () => {
      const { ready, rows, exitCode, text } = await check();
      const bad = rows.filter(({ state }) => state !== "good" && state !== "warn");
      assert.deepEqual(bad, [], text);
      assert.deepEqual(
        rows.map(({ name }) => name),
        [
          ...["machine", "encryption", "page", "log-in", "server", "kernel", "python", "imports"],
          ...["link field-data", "link introduction", "first visit"],
        ],
      );
      assert.equal(ready, true);
      assert.equal(exitCode, 0);
      const found = Object.fromEntries(rows.map((row) => [row.name, row.found]));
      assert.match(found["python"] ?? "", /^\/opt\/tljh\/user\/bin\/python/);
      assert.equal(found["link introduction"], "groundwater-course/notebooks/1_introduction.ipynb");
      assert.doesNotMatch(found["first visit"] ?? "", /not compressed/);
      megabytes = Number(/^([\d.]+) MB/.exec(found["first visit"] ?? "")?.[1]);
      assert.equal(await traces(), "");
    });

    it("cleans up after Ctrl-C, and after a run that was killed before", async () => {
      const starts = "systemctl is-active jupyter-workshop-check";
      const killed = workshop().startCommand("check");
      await workshop().serverShows(starts);
      await killed.kill();
      assert.notEqual(await traces(), "");
      const running = workshop().startCommand("check");
      await workshop().serverShows(`! ${starts}`);
      await workshop().serverShows(starts);
      running.interrupt();
      assert.equal(await running.ended, 130, running.text);
      assert.equal(await traces(), "");
    });

    it("does not disturb another one that is at work", async () => {
      // The other one has the name as long as it likes.
      await workshop().onServer(
        `setsid bash -c 'exec 9>/run/workshop-check.lock; flock 9; exec sleep 654' &>/dev/null &
         until ! flock --nonblock /run/workshop-check.lock true; do sleep 0.1; done`,
      );
      const second = await workshop().command("check");
      await workshop().onServer("pkill -f '^sleep 654$'");
      assert.notEqual(second.exitCode, 0);
      assert.match(second.text, /at work already[^]*mend: +the same command once more/);
      assert.equal(await traces(), "");
    });

    it("is red where a link's repository is gone", async () => {
      const { github } = workshop();
      await github.rename("river-lab/field-data", "river-lab/elsewhere");
      try {
        const { ready, rows, exitCode } = await check();
        assert.equal(ready, false);
        assert.equal(exitCode, 1);
        const bad = rows.filter(({ state }) => state !== "good" && state !== "warn");
        assert.deepEqual(
          bad.map(({ name }) => name),
          ["link field-data"],
        );
        assert.match(bad[0]?.mend ?? "", /pulumi preview --stack test/);
        assert.equal(await traces(), "");
      } finally {
        await github.rename("river-lab/elsewhere", "river-lab/field-data");
      }
    });

    it("rehearses a class, whose long account names get kernels, and leaves nothing", async () => {
      const page = path.join(workshop().project, "class.html");
      const options = ["--participants", "2", "--within", "0", "--json", "--out", page];
      const running = workshop().startCommand("rehearse", ...options);
      assert.equal(await running.ended, 0, running.text);
      const { held, times } = JSON.parse(running.stdout) as Report;
      assert.deepEqual(
        times.map(({ name, count }) => [name, count]),
        [...PHASES, "in all"].map((name) => [name, 2]),
      );
      assert.ok(held.samples.length >= 2);
      assert.match(fs.readFileSync(page, "utf8"), /2 of 2 participants came through/);
      assert.equal(await traces(), "");
    });

    describe("in a participant's browser", () => {
      let browser: TestBrowser | undefined;
      before(async () => (browser = await TestBrowser.open()));
      after(() => browser?.close());

      it("the page says that browser and network will do, without a log-in", async () => {
        await browser?.watch(async () => {
          const visitor = await browser!.visitor();
          const { url } = await workshop().outputs();
          await visitor.page.goto(`${url}/network`);
          const verdict = visitor.page.locator("#verdict[data-state]");
          await verdict.waitFor();
          assert.equal(await verdict.getAttribute("data-state"), "good", await visitor.text());
          assert.match(await visitor.text(), /Works; an answer takes \d+ ms[^]*Mbit\/s/);
          assert.deepEqual(visitor.complaints, []);
          await visitor.leave();
        });
      });

      it("the page is red where a filter lets no websocket through, and says what to do", async () => {
        await browser?.watch(async () => {
          const visitor = await browser!.visitor();
          const { url } = await workshop().outputs();
          await visitor.page.routeWebSocket(/./, (socket) => socket.close());
          await visitor.page.goto(`${url}/network`);
          await visitor.page.locator('#verdict[data-state="bad"]').waitFor();
          assert.match(await visitor.text(), /lets no WebSocket through[^]*another network/);
          await visitor.leave();
        });
      });

      it("loads what the proof says of a first visit", async () => {
        const { url, passwords } = await workshop().outputs();
        const bytes = await loadedBy(browser!, url, passwords["sofia"] ?? "");
        const ratio = megabytes / (bytes / 1e6);
        assert.ok(ratio > 0.75 && ratio < 1.33, `${megabytes} MB against ${bytes} bytes`);
      });
    });

    // In a describe of its own, after the others: it uses up what the page may give.
    describe("the page's doors", () => {
      it("give no more than they should", async () => {
        const { stdout } = await workshop().onServer(`/opt/tljh/hub/bin/python3 - <<'PYTHON'
import asyncio, urllib.error, urllib.request
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

site = "127.0.0.1/hub/network"

async def ended(*messages, **headers):
    try:
        door = await websocket_connect(HTTPRequest(f"ws://{site}/echo", headers=headers))
    except HTTPClientError as error:
        return f"refused {error.code}"
    heard = 0
    for message in messages:
        try:
            await door.write_message(message)
        except Exception:
            break
    while await door.read_message() is not None:
        heard += 1
        if heard == len(messages): break
    return f"{heard} answers, {door.close_code}"

def samples():
    got = 0
    for _ in range(60):
        try:
            got += len(urllib.request.urlopen(f"http://{site}/sample").read())
        except urllib.error.HTTPError as error:
            return f"{got // 2**20} MiB, then {error.code}"
    return f"{got // 2**20} MiB and more"

print(asyncio.run(ended(*["x"] * 60)))
print(asyncio.run(ended("x" * 65)))
print(asyncio.run(ended("x", Origin="https://elsewhere.test")))
print(samples())
PYTHON`);
        const [many, long, foreign, samples] = stdout.trim().split("\n");
        assert.equal(many, "50 answers, 1008");
        assert.match(long ?? "", /^0 answers, 1009$/);
        assert.equal(foreign, "refused 403");
        assert.match(samples ?? "", /^(3[0-9]|4[0-2]) MiB, then 429$/);
      });
    });
  });
}
