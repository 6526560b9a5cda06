import { strict as assert } from "node:assert";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  cacheRoot,
  contentHash,
  folderHash,
  readJson,
  refusals,
  writeJson,
} from "../../rehearsal/setup/cache.mjs";
import { SetupError } from "../../rehearsal/setup/errors.mjs";
import { withLock } from "../../rehearsal/setup/lock.mjs";
import { run } from "../../rehearsal/setup/run.mjs";
import { installAll, lookAll } from "../../rehearsal/setup/schedule.mjs";
import { loadToolchain } from "../../rehearsal/toolchain";

/** What a part is installed with; only the values' names matter to these tests. */
type Values = Record<string, unknown>;
type Part = Parameters<typeof lookAll>[0][number];

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "setup-test-"));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** A part that is missing, and takes some milliseconds to install. */
function missing(
  name: string,
  needs: string[],
  install: (values: Values) => Promise<Values>,
): Part {
  return {
    name,
    needs,
    look: async () => ({
      what: `a new ${name}`,
      install: async (values) => ({ took: "new", values: await install(values) }),
    }),
  };
}

function context() {
  return { root: folder, cache: folder, env: {}, log: (part: string) => path.join(folder, part) };
}

describe("set-up: cache", () => {
  it("is where the setting says, else where the desktop's rules say, else at home", () => {
    const all = { TLJH_WORKSHOP_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" };
    assert.equal(cacheRoot(all), "/a");
    assert.equal(cacheRoot({ ...all, TLJH_WORKSHOP_CACHE: undefined }), "/b/tljh-workshop");
    assert.equal(cacheRoot({ HOME: "/c" }), "/c/.cache/tljh-workshop");
  });

  it("a hash tells where one text ends and the next begins", () => {
    assert.notEqual(contentHash(["ab", "c"]), contentHash(["a", "bc"]));
    assert.equal(contentHash(["ab", "c"]), contentHash(["ab", "c"]));
  });

  it("a folder's hash changes with contents, names and modes, and with nothing else", () => {
    const file = path.join(folder, "build.sh");
    fs.writeFileSync(file, "one");
    const first = folderHash(folder);
    fs.utimesSync(file, 1, 1);
    assert.equal(folderHash(folder), first);
    fs.chmodSync(file, 0o755);
    const executable = folderHash(folder);
    assert.notEqual(executable, first);
    fs.renameSync(file, path.join(folder, "other.sh"));
    assert.notEqual(folderHash(folder), executable);
  });

  it("half a JSON file is none", () => {
    const file = path.join(folder, "x.json");
    fs.writeFileSync(file, '{"a":');
    assert.equal(readJson(file), undefined);
    writeJson(file, { a: 1 });
    assert.deepEqual(readJson(file), { a: 1 });
    assert.deepEqual(fs.readdirSync(folder), ["x.json"]);
  });

  it("a host's refusal holds for a day", () => {
    const refused = refusals(folder);
    assert.equal(refused.has("host"), false);
    refused.add("host");
    assert.equal(refused.has("host"), true);
    assert.equal(refused.has("other"), false);
    writeJson(path.join(folder, "refusals.json"), { host: Date.now() - 25 * 3600 * 1000 });
    assert.equal(refused.has("host"), false);
  });
});

describe("set-up: lock", () => {
  it("two set-ups at once take turns, and the second says that it waits", async () => {
    const file = path.join(folder, "lock");
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      await sleep(50);
      events.push(`${name} ends`);
    };
    const say = (line: string) => events.push(line.split(" (")[0] ?? "");
    const first = withLock(file, work("first"), say);
    await Promise.all([first, withLock(file, work("second"), say)]);
    assert.deepEqual(events, [
      "first begins",
      "waiting for another set-up",
      "first ends",
      "second begins",
      "second ends",
    ]);
  });

  it("a lock of a process that is gone is taken over, and given back after an error", async () => {
    const file = path.join(folder, "lock");
    fs.writeFileSync(file, "999999999");
    const failing = withLock(file, () => Promise.reject(new Error("no")), assert.fail);
    await assert.rejects(failing, /^Error: no$/);
    assert.equal(fs.existsSync(file), false);
  });
});

describe("set-up: parts", () => {
  it("a part is installed after those it needs, and is given what they made", async () => {
    const order: string[] = [];
    const parts = [
      missing("cli", [], async () => {
        await sleep(20);
        order.push("cli");
        return { pulumi: "/cli" };
      }),
      missing("plugin", ["cli"], async ({ pulumi }) => {
        order.push(`plugin with ${String(pulumi)}`);
        return { plugins: { aws: "stand-in" } };
      }),
      missing("image", [], async () => {
        order.push("image");
        return { machineImage: "/image" };
      }),
    ];
    const lines: string[] = [];
    const looked = await lookAll(parts, context(), (line) => lines.push(line));
    assert.match(lines.join("\n"), /cli: a new cli\n {2}plugin: a new plugin\n {2}image: a new/);
    const { values, table } = await installAll(looked, () => undefined);
    assert.deepEqual(order, ["image", "cli", "plugin with /cli"]);
    assert.deepEqual(values, {
      pulumi: "/cli",
      machineImage: "/image",
      plugins: { aws: "stand-in" },
    });
    assert.deepEqual(
      table.map(({ part }) => part),
      ["cli", "plugin", "image"],
    );
  });

  it("what needs a failed part is not tried; what is under way is finished", async () => {
    let finished = false;
    const parts = [
      missing("cli", [], () => Promise.reject(new Error("no cli"))),
      missing("plugin", ["cli"], () => assert.fail("plugin without cli")),
      missing("image", [], async () => {
        await sleep(20);
        finished = true;
        return {};
      }),
    ];
    const looked = await lookAll(parts, context(), () => undefined);
    await assert.rejects(
      installAll(looked, () => undefined),
      /^Error: no cli$/,
    );
    assert.equal(finished, true);
  });
});

describe("set-up: commands", () => {
  it("a failing command's error has its last lines, its log and what to do", async () => {
    const log = path.join(folder, "logs/x.log");
    const failing = run(["sh", "-c", "seq 30; echo broken >&2; exit 3"], { log });
    await assert.rejects(failing, (error: Error) => {
      assert.ok(error instanceof SetupError);
      assert.match(error.message, /exit status 3/);
      assert.match(error.message, /30\nbroken/);
      assert.doesNotMatch(error.message, /^10$/m);
      assert.match(error.message, /to mend: {2}see .*x\.log, then npm run setup/);
      return true;
    });
    assert.match(fs.readFileSync(log, "utf8"), /^10$/m);
  });

  it("a command that takes too long is ended", async () => {
    const slow = run(["sleep", "60"], { log: path.join(folder, "log"), limitSeconds: 0.1 });
    await assert.rejects(slow, /not done after 0.1 s/);
  });

  it("a program that is not there is named", async () => {
    const absent = run(["no-such-program"], { log: path.join(folder, "log") });
    await assert.rejects(absent, /`no-such-program` failed .*ENOENT/);
  });
});

describe("tool chain", () => {
  const saved = process.env.TLJH_WORKSHOP_CACHE;
  beforeEach(() => {
    process.env.TLJH_WORKSHOP_CACHE = folder;
  });
  afterEach(() => {
    if (saved === undefined) delete process.env.TLJH_WORKSHOP_CACHE;
    else process.env.TLJH_WORKSHOP_CACHE = saved;
  });

  it("without set-up the error says what to run", () => {
    assert.throws(() => loadToolchain(), /to mend: {2}npm run setup/);
  });

  it("a part that is gone is named", () => {
    const [pulumi, image] = [path.join(folder, "pulumi"), path.join(folder, "image")];
    fs.writeFileSync(pulumi, "");
    writeJson(path.join(folder, "toolchain.json"), {
      pulumi,
      pulumiHome: folder,
      motoPython: pulumi,
      pebble: pulumi,
      machineImage: image,
    });
    assert.throws(() => loadToolchain(), new RegExp(`${image} is gone`));
    fs.writeFileSync(image, "");
    assert.equal(loadToolchain().machineImage, image);
  });
});
