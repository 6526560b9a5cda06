import { strict as assert } from "node:assert";
import { setTimeout as pause } from "node:timers/promises";
import { UNKNOWN, diffInputs, type Values } from "../../../rehearsal/plugins/base";
import { plugin } from "../../../rehearsal/plugins/command/plugin";
import {
  closedPort,
  create,
  eachWithServer,
  failure,
  inputsOf,
  logged,
  remoteCommand,
  server,
  userKeys,
} from "./commandFixture";

describe("command stand-in", () => {
  eachWithServer();

  describe("a command", () => {
    it("runs once, and what it prints is its output without the last newline", async () => {
      const { stdout, stderr } = await create({ create: "echo out; echo; echo err >&2" });
      assert.deepEqual([stdout, stderr], ["out\n", "err"]);
      assert.deepEqual(server.commands, ["echo out; echo; echo err >&2"]);
    });

    it("has its inputs among its outputs, as a preview promises", async () => {
      const inputs = inputsOf({ create: "true", triggers: [1] });
      const { outputs } = await remoteCommand.create(inputs, logged().context);
      assert.deepEqual(outputs, { ...inputs, stdout: "", stderr: "" });
      assert.deepEqual(remoteCommand.computed, ["stdout", "stderr"]);
    });

    it("reads standard input to its end, and without one it is empty", async () => {
      const stdin = "a secret\nof two lines";
      assert.equal((await create({ create: "cat", stdin }))["stdout"], stdin);
      assert.equal((await create({ create: "cat" }))["stdout"], "");
    });

    it("may end without reading its standard input", async () => {
      const { stdout } = await create({ create: "echo done", stdin: "x".repeat(3_000_000) });
      assert.equal(stdout, "done");
    });

    it("may print megabytes", async () => {
      const { stdout } = await create({
        create: "head -c 5000000 /dev/zero | tr '\\0' '='",
        logging: "none",
      });
      assert.equal((stdout as string).length, 5_000_000);
    });

    it("may print text of any language, cut anywhere", async () => {
      const log = logged();
      const text = "नमस्ते ".repeat(3000).trim();
      assert.equal((await create({ create: "cat", stdin: text }, {}, log))["stdout"], text);
      assert.deepEqual(log.lines, [`info: ${text}`]);
    });

    it("logs in with each form of the key, and with a password", async () => {
      await create({ create: "true" }, { privateKey: userKeys.pkcs8 });
      await create({ create: "true" }, { privateKey: undefined, password: "open sesame" });
      assert.equal(server.commands.length, 2);
    });

    it("without a text runs nothing and dials nobody", async () => {
      assert.equal((await create({}))["stdout"], "");
      assert.equal(server.dials, 0);
    });
  });

  describe("logging", () => {
    const both = "echo out; echo err >&2; printf tail";

    it("shows both streams line by line by default", async () => {
      const log = logged();
      await create({ create: both }, {}, log);
      assert.deepEqual([...log.lines].sort(), ["info: err", "info: out", "info: tail"]);
    });

    for (const [logging, lines] of [
      ["stdout", ["info: out", "info: tail"]],
      ["stderr", ["info: err"]],
      ["none", []],
    ] as const) {
      it(`${logging} shows only that`, async () => {
        const log = logged();
        await create({ create: both, logging }, {}, log);
        assert.deepEqual(log.lines, lines);
      });
    }

    it("shows a failing command's last line too, where it has no end", async () => {
      const log = logged();
      await failure(create({ create: "printf why >&2; exit 1" }, {}, log));
      assert.deepEqual(log.lines, ["info: why"]);
    });

    it("a line over 64 KiB is an error with logging on, and none without", async () => {
      const long = "head -c 70000 /dev/zero | tr '\\0' '='";
      assert.match(await failure(create({ create: long })), /longer than 64 KiB with logging on/);
      await create({ create: long, logging: "none" });
    });
  });

  describe("a failing command", () => {
    it("tells its status, its whole text and all it printed", async () => {
      const message = await failure(create({ create: "echo one; echo two >&2; exit 3" }));
      assert.match(message, /^Process exited with status 3: running "echo one; .*exit 3":\n/);
      assert.match(message, /one/);
      assert.match(message, /two/);
    });

    it("never prints its standard input or the key", async () => {
      const message = await failure(create({ create: "exit 1", stdin: "hunter2" }));
      assert.ok(!message.includes("hunter2") && !message.includes("PRIVATE KEY"), message);
    });

    it("tells the signal that ended it", async () => {
      const message = await failure(create({ create: "kill -9 $$" }));
      assert.match(message, /^Process exited with status 137 from signal KILL: /);
    });

    it("is an error when the connection is cut in the middle, with what came before", async () => {
      const creating = failure(create({ create: "echo begun; sleep 30" }));
      while (server.commands.length === 0) await pause(10);
      await pause(100);
      server.cut();
      const message = await creating;
      assert.match(message, /^wait: remote command exited without exit status or exit signal: /);
      assert.match(message, /begun$/);
    });

    it("ends when the person cancels", async () => {
      const person = new AbortController();
      const log = logged({ signal: person.signal });
      const creating = failure(create({ create: "sleep 30" }, {}, log));
      while (server.commands.length === 0) await pause(10);
      person.abort();
      assert.match(await creating, /^context canceled/);
    });
  });

  describe("environment", () => {
    it("reaches the command where the server accepts it", async () => {
      server.acceptEnv = ["COLOUR"];
      const environment = { COLOUR: "blue" };
      const { stdout } = await create({ create: 'echo "$COLOUR"', environment });
      assert.equal(stdout, "blue");
    });

    it("is a warning for each variable where it doesn't, and the command runs without", async () => {
      server.acceptEnv = ["COLOUR"];
      const log = logged();
      const environment = { SHAPE: "round", COLOUR: "blue" };
      const { stdout } = await create({ create: 'echo "$SHAPE$COLOUR"', environment }, {}, log);
      assert.equal(stdout, "blue");
      const warnings = log.lines.filter((line) => line.startsWith("warning: "));
      assert.equal(warnings.length, 1, log.lines.join("\n"));
      assert.match(warnings[0] ?? "", /^warning: Unable to set 'SHAPE'\. .*AcceptEnv/);
    });
  });

  describe("the life of the resource", () => {
    const olds = { stdout: "before", stderr: "problems" };

    async function update(more: Values, before: Values = olds): Promise<Values> {
      const news = inputsOf({ addPreviousOutputInEnv: false, ...more });
      return (await remoteCommand.update?.("id", {}, before, news, logged().context)) ?? {};
    }

    it("an update runs `update`, or `create` where there is none", async () => {
      assert.equal((await update({ create: "echo c", update: "echo u" }))["stdout"], "u");
      assert.equal((await update({ create: "echo c" }))["stdout"], "c");
      assert.equal((await update({ delete: "true" }))["stdout"], "before");
      assert.deepEqual(server.commands, ["echo u", "echo c"]);
    });

    it("the output before is in the environment, unless that is off", async () => {
      server.acceptEnv = ["PULUMI_COMMAND_STDOUT", "PULUMI_COMMAND_STDERR"];
      const command = 'echo "$PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR"';
      const on = await update({ create: command, addPreviousOutputInEnv: true });
      assert.equal(on["stdout"], "before problems");
      assert.equal((await update({ create: command }))["stdout"], " ");
    });

    it("a deletion runs `delete` with the connection of the state, or nothing", async () => {
      const context = logged().context;
      const inputs = inputsOf({ create: "true", delete: "echo gone" });
      await remoteCommand.delete?.("id", inputs, { ...inputs, ...olds }, context);
      assert.deepEqual(server.commands, ["echo gone"]);
      const silent = inputsOf({ create: "true" });
      await remoteCommand.delete?.("id", silent, { ...silent, ...olds }, context);
      assert.equal(server.dials, 1);
    });

    it("a deletion fails when the host is gone", async () => {
      const inputs = inputsOf({ delete: "true" }, { port: await closedPort() });
      const deleting = remoteCommand.delete?.("id", inputs, inputs, logged().context);
      assert.match(await failure(deleting ?? Promise.resolve()), /connection refused$/);
    });

    it("a changed trigger replaces, any other input updates", () => {
      const before = inputsOf({ create: "true", stdin: "a", triggers: ["1"] });
      const after = (more: Values): string[] =>
        diffInputs(before, { ...before, ...more }, remoteCommand.replaceOn).replaces ?? [];
      assert.deepEqual(after({ triggers: ["2"] }), ["triggers"]);
      assert.deepEqual(after({ stdin: "b" }), []);
      assert.ok(!Object.hasOwn(remoteCommand, "diff"));
      assert.ok(!Object.hasOwn(remoteCommand, "read"));
    });
  });

  describe("its arguments", () => {
    function reasons(news: Values): string[] {
      const checked = remoteCommand.check?.(news, undefined, logged().context);
      return (checked?.failures ?? []).map(({ property }) => property).sort();
    }

    it("have the documented defaults", () => {
      const checked = remoteCommand.check?.(
        { connection: { host: "h" } },
        undefined,
        logged().context,
      );
      assert.deepEqual(checked?.inputs, {
        addPreviousOutputInEnv: true,
        connection: { host: "h", port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 },
      });
    });

    it("are all checked at once", () => {
      assert.deepEqual(reasons({}), ["connection"]);
      assert.deepEqual(
        reasons({
          connection: { port: "22", hots: "h", dialErrorLimit: 1.5 },
          create: 1,
          environment: { A: 1 },
          logging: "all",
          stdin: false,
          sdtin: "x",
          triggers: "now",
        }),
        [
          "connection.dialErrorLimit",
          "connection.host",
          "connection.hots",
          "connection.port",
          "create",
          "environment",
          "logging",
          "sdtin",
          "stdin",
          "triggers",
        ],
      );
    });

    it("may be unknown in a preview", () => {
      assert.deepEqual(reasons({ connection: UNKNOWN, create: UNKNOWN, environment: UNKNOWN }), []);
      assert.deepEqual(reasons({ connection: { host: UNKNOWN, port: UNKNOWN } }), []);
    });

    it("a bastion host is refused in so many words", () => {
      const connection = { host: "h", proxy: { host: "b" } };
      const checked = remoteCommand.check?.({ connection }, undefined, logged().context);
      assert.match(
        checked?.failures?.[0]?.reason ?? "",
        /no bastion hosts.*REHEARSAL_PLUGIN_COMMAND=real/,
      );
    });
  });

  it("has only the resource type that the program uses", () => {
    assert.deepEqual(Object.keys(plugin.resources), ["command:remote:Command"]);
  });
});
