/** `npm run check`: its rows, its words, its account. */
import assert from "node:assert/strict";
import { parseCheckArguments } from "../../scripts/checkArguments";
import { rowText, verdictText } from "../../scripts/checkText";
import { certificateFound, type Shown } from "../../scripts/proof/certificate";
import { coreOf, partsOf } from "../../scripts/proof/firstVisit";
import { Ended, withGuests } from "../../scripts/proof/guests";
import { packagesOf } from "../../scripts/proof/packages";
import { isReady, prove, type Look, type Row } from "../../scripts/proof/rows";
import type { Answer } from "../../scripts/participant/site";
import type { RunOptions, StackServer } from "../../scripts/stackServer";

describe("npm run check", () => {
  describe("its arguments", () => {
    it("takes a stack and the form of its answer", () => {
      assert.deepEqual(parseCheckArguments([]), { json: false });
      assert.deepEqual(parseCheckArguments(["--json", "-s", "tashkent"]), {
        stack: "tashkent",
        json: true,
      });
    });

    it("refuses what it does not know, with the command that is meant", () => {
      assert.throws(
        () => parseCheckArguments(["--stak", "x"]),
        /mend: {5}npm run check -- --stack/,
      );
      assert.throws(() => parseCheckArguments(["now"]), /check takes no words[^]*received: now/);
    });
  });

  describe("its rows", () => {
    const look = (name: string, found: Look["look"], isGate = false): Look => ({
      name,
      look: found,
      mend: `mend ${name}`,
      isGate,
    });
    const fails = () => Promise.reject(new Error("no"));
    const works = () => Promise.resolve("yes");

    it("go on after a failure, each with what to do", async () => {
      const told: string[] = [];
      const rows = await prove([look("a", fails), look("b", works)], ({ name }) => told.push(name));
      assert.deepEqual(
        rows.map(({ state, found, mend }) => [state, found, mend]),
        [
          ["bad", "no", "mend a"],
          ["good", "yes", undefined],
        ],
      );
      assert.deepEqual(told, ["a", "b"]);
      assert.equal(isReady(rows), false);
    });

    it("try nothing behind a closed gate, and say which it is", async () => {
      let tried = false;
      const behind = () => ((tried = true), works());
      const rows = await prove([look("log-in", fails, true), look("server", behind)]);
      assert.equal(tried, false);
      assert.equal(rows[1]?.state, "unknown");
      assert.match(rows[1]?.found ?? "", /log-in failed/);
    });

    it("take what an error of the program itself says, with its own way to mend it", async () => {
      const error = new Error(
        "It is stopped\n  received: i-1\n  allowed:  running\n  mend:     npm run start",
      );
      const [row] = await prove([look("machine", () => Promise.reject(error))]);
      assert.deepEqual([row?.found, row?.mend], ["It is stopped (i-1)", "npm run start"]);
    });

    it("end when they are told to", async () => {
      const stop = new AbortController();
      const first = () => (stop.abort(new Error("enough")), works());
      const proved = prove([look("a", first), look("b", works)], undefined, stop.signal);
      await assert.rejects(proved, /enough/);
    });

    it("are shown with time, sign and what to do, and come to one verdict", () => {
      const row = (state: Row["state"]): Row => ({
        name: "page",
        state,
        found: "what",
        seconds: 1.26,
        ...(state !== "good" && { mend: "this" }),
      });
      assert.equal(rowText(row("good")), "✔ page                 1.3 s  what");
      assert.match(rowText(row("bad")), /^✖ page .*what\n {4}mend: this$/);
      const url = "https://hub.test";
      assert.equal(
        verdictText([row("good"), row("warn")], url, 9.6),
        "READY: a participant can work at https://hub.test, with 1 to look at, after 10 s",
      );
      assert.equal(
        verdictText([row("bad"), row("unknown")], url, 3),
        "NOT READY: 1 of 2 failed, 1 not tried, after 3 s",
      );
    });
  });

  describe("the certificate", () => {
    const shown: Shown = {
      isTrusted: true,
      why: "",
      chain: ["hub.test", "R10", "ISRG Root X1"],
      daysLeft: 60,
    };
    const state = (more: Partial<Shown>, isStaging = false) => {
      const found = certificateFound({ ...shown, ...more }, isStaging, "s");
      return typeof found === "string" ? ["good", found] : [found.state, found.mend];
    };

    it("is good with its issuers and days", () => {
      assert.deepEqual(state({}), ["good", "from R10, ISRG Root X1; 60 days left"]);
    });

    it("is looked at when its renewal is late, and bad when browsers refuse it", () => {
      assert.match(state({ daysLeft: 5 }).join(), /^warn.*pulumi up --stack s/);
      const refused = { isTrusted: false, why: "SELF_SIGNED_CERT_IN_CHAIN" };
      assert.match(state(refused, true).join(), /^bad.*set acmeServer production/);
      assert.match(
        state({ ...refused, chain: ["TRAEFIK DEFAULT CERT", "TRAEFIK DEFAULT CERT"] }).join(),
        /^bad.*says why there is none yet/,
      );
    });
  });

  it("asks for the packages of the configuration by their names alone", () => {
    const objectValue = {
      pip: ["flopy==3.9", "jupyterlab-git[x]>=1"],
      conda: ["conda-forge::gdal=3.11"],
      apt: ["gdal-bin"],
    };
    const value = JSON.stringify(objectValue);
    const wanted = ["ipykernel", "nbgitpuller", "gdal", "flopy", "jupyterlab-git"];
    assert.deepEqual(packagesOf({ "tljh-workshop:packages": { value, objectValue } }), wanted);
    assert.deepEqual(packagesOf({ "tljh-workshop:packages": { value } }), wanted);
    assert.deepEqual(packagesOf({}), ["ipykernel", "nbgitpuller"]);
  });

  it("finds the parts of a page, and JupyterLab's largest part", () => {
    const text = `<link rel="stylesheet" href="/hub/a.css?v=1" type="text/css" /><link rel="icon" href="i.ico">
      <script defer="defer" src="static/main.js"></script><script>inline</script>`;
    const page = { text, url: new URL("https://hub.test/user/ana/lab") } as Answer;
    assert.deepEqual(partsOf(page), [
      "https://hub.test/hub/a.css?v=1",
      "https://hub.test/user/ana/static/main.js",
    ]);
    const hash = "8811dd2733d03721";
    assert.equal(
      coreOf(`u=e=>""+(5531===e?"jlab_core":e)+"."+({1014:"073326ef5d98db5e",5531:"${hash}"})[e]`),
      `jlab_core.${hash}.js?v=${hash}`,
    );
    assert.equal(coreOf("another program"), undefined);
  });

  describe("its account", () => {
    /** What the server was asked for, in order. */
    let asked: { do: string; names: string[] }[] = [];
    /** Whether another run has the names. */
    let isTaken = false;
    let isHeld = false;
    const hold = ({ onLine, signal }: RunOptions): Promise<unknown> => {
      if (isTaken) return Promise.reject(new Error("is at work already"));
      isHeld = true;
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          isHeld = false;
          reject(new Error("the connection broke"));
        });
        onLine?.("held");
      });
    };
    const server = (fails?: string): StackServer =>
      ({
        stack: "s",
        run: (script: string, { REQUEST = "" }: { REQUEST?: string }, options: RunOptions) => {
          if (script === "guests") return hold(options);
          assert.ok(isHeld);
          const request = JSON.parse(REQUEST) as {
            do: string;
            removed?: string[];
            accounts?: { name: string }[];
            files?: boolean;
          };
          const names = request.removed ?? (request.accounts ?? []).map(({ name }) => name);
          if (request.do === "remove") assert.equal(request.files, true);
          asked.push({ do: request.do, names });
          if (request.do === fails) return Promise.reject(new Error("the server said no"));
          return Promise.resolve({ status: 0, stdout: "", stderr: "" });
        },
      }) as unknown as StackServer;
    beforeEach(() => {
      asked = [];
      isTaken = false;
    });
    afterEach(() => assert.equal(isHeld, false));
    const did = () => asked.map((one) => one.do);

    it("is made after what a killed run has left is gone, and removed afterwards", async () => {
      const result = await withGuests(server(), ["guest"], ([one]) => {
        assert.equal(one?.name, "guest");
        assert.match(one.password, /^[a-z0-9]{12}$/);
        return Promise.resolve(7);
      });
      assert.equal(result, 7);
      assert.deepEqual(did(), ["remove", "set", "remove"]);
    });

    it("is removed after a failure, of the work or of making it", async () => {
      const work = withGuests(server(), ["guest"], () => Promise.reject(new Error("broken")));
      await assert.rejects(work, /broken/);
      assert.deepEqual(did(), ["remove", "set", "remove"]);
      asked = [];
      const made = withGuests(server("set"), ["guest"], () => Promise.resolve());
      await assert.rejects(made, /the server said no/);
      assert.deepEqual(did(), ["remove", "set", "remove"]);
    });

    it("is removed after Ctrl-C, pressed while the work hangs", async () => {
      const before = process.listenerCount("SIGINT");
      const work = withGuests(server(), ["guest"], () => {
        setImmediate(() => process.emit("SIGINT"));
        return new Promise(() => undefined);
      });
      await assert.rejects(work, Ended);
      assert.deepEqual(did(), ["remove", "set", "remove"]);
      assert.equal(process.listenerCount("SIGINT"), before);
    });

    it("is left alone while another run uses it", async () => {
      isTaken = true;
      const before = process.listenerCount("SIGINT");
      await assert.rejects(
        withGuests(server(), ["guest"], () => Promise.resolve()),
        /at work already/,
      );
      assert.deepEqual(did(), []);
      assert.equal(process.listenerCount("SIGINT"), before);
    });

    it("removes many a few at a time", async () => {
      const names = Array.from({ length: 23 }, (_, n) => `guest${n}`);
      await withGuests(server(), names, () => Promise.resolve());
      const removed = asked.filter((one) => one.do === "remove").map((one) => one.names.length);
      assert.deepEqual(removed, [10, 10, 3, 10, 10, 3]);
    });
  });
});
