import { strict as assert } from "node:assert";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { UNKNOWN, diffInputs, type Context, type Values } from "../../../rehearsal/plugins/base";
import { plugin } from "../../../rehearsal/plugins/command/plugin";
import { remoteCommand as typeOf } from "../../../rehearsal/plugins/command/remoteCommand";
import { makeKeys, openSshServer, type SshServer } from "./sshServer";

const BACKOFF_MS = 30;
const remoteCommand = typeOf(BACKOFF_MS);
const hostKeys = makeKeys();
const userKeys = makeKeys();
const strangerKeys = makeKeys();

let server: SshServer;

interface Logged {
  lines: string[];
  context: Context;
}

function logged(more: Partial<Context> = {}): Logged {
  const lines: string[] = [];
  const log: Context["log"] = (line, severity = "info") => lines.push(`${severity}: ${line}`);
  return { lines, context: { urn: "urn:pulumi:s::p::t::step", name: "step", log, ...more } };
}

/** Inputs as they come from check, for a server that lets us in at the first dial. */
function inputsOf(more: Values, connection: Values = {}): Values {
  const news = {
    connection: {
      host: "127.0.0.1",
      port: server.port,
      user: "ubuntu",
      privateKey: userKeys.openssh,
      hostKey: hostKeys.line,
      dialErrorLimit: 0,
      ...connection,
    },
    ...more,
  };
  const checked = remoteCommand.check?.(news, undefined, logged().context);
  assert.deepEqual(checked?.failures, []);
  return checked?.inputs ?? {};
}

async function create(
  more: Values,
  connection: Values = {},
  { context }: Logged = logged(),
): Promise<Values> {
  return (await remoteCommand.create(inputsOf(more, connection), context)).outputs;
}

async function failure(promise: Promise<unknown>): Promise<string> {
  let message = "";
  await assert.rejects(promise, (error: Error) => {
    message = error.message;
    return true;
  });
  return message;
}

function listenOnce(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

async function closedPort(): Promise<number> {
  const taken = createServer();
  const port = await listenOnce(taken);
  await new Promise((resolve) => taken.close(resolve));
  return port;
}

/** A port whose queue of connections is full, so that Linux drops every further one. */
async function fullListener(): Promise<{ port: number; close(): void }> {
  const script = [
    "import socket, sys, time",
    "s = socket.socket()",
    "s.bind(('127.0.0.1', 0))",
    "s.listen(0)",
    "print(s.getsockname()[1], flush=True)",
    "time.sleep(60)",
  ].join("\n");
  const child: ChildProcess = spawn("python3", ["-c", script]);
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const port = Number(line.toString());
  const filler = connect({ host: "127.0.0.1", port });
  filler.on("error", () => undefined);
  await once(filler, "connect");
  const close = (): void => {
    filler.destroy();
    child.kill("SIGKILL");
  };
  return { port, close };
}

describe("command stand-in", () => {
  beforeEach(async () => {
    server = await openSshServer(hostKeys, userKeys);
  });
  afterEach(() => server.close());

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

  describe("dialling", () => {
    it("dials once more than the limit when refused", async () => {
      const port = await closedPort();
      const log = logged();
      const creating = create({ create: "true" }, { port, dialErrorLimit: 4 }, log);
      const refused = `dial tcp 127.0.0.1:${port}: connect: connection refused`;
      assert.equal(await failure(creating), `after 4 failed attempts: ${refused}`);
      assert.equal(log.lines.length, 4, log.lines.join("\n"));
    });

    it("the next dial comes a second later", async () => {
      const inputs = inputsOf({ create: "true" }, { port: await closedPort(), dialErrorLimit: 1 });
      const begin = Date.now();
      await failure(typeOf().create(inputs, logged().context));
      const took = Date.now() - begin;
      assert.ok(took >= 950 && took < 2500, `${took} ms`);
    });

    it("goes on as soon as it gets through", async () => {
      server.refuseDials = 1;
      assert.equal((await create({ create: "echo in" }, { dialErrorLimit: 3 }))["stdout"], "in");
      assert.equal(server.dials, 2);
    });

    it("-1 is no limit", async () => {
      server.refuseDials = 2;
      assert.equal((await create({ create: "echo in" }, { dialErrorLimit: -1 }))["stdout"], "in");
      assert.equal(server.dials, 3);
    });

    it("customTimeouts end the dialling, whatever the limit", async () => {
      const port = await closedPort();
      const log = logged({ timeoutSeconds: 1 });
      const message = await failure(create({ create: "true" }, { port, dialErrorLimit: -1 }, log));
      assert.match(message, /^context deadline exceeded: dial tcp .* connection refused$/);
    });

    it("waits perDialTimeout seconds for TCP", async () => {
      const full = await fullListener();
      const begin = Date.now();
      const slow = { port: full.port, perDialTimeout: 1 };
      const message = await failure(create({ create: "true" }, slow));
      const took = Date.now() - begin;
      full.close();
      assert.equal(
        message,
        `after 0 failed attempts: dial tcp 127.0.0.1:${full.port}: i/o timeout`,
      );
      assert.ok(took >= 950 && took < 2500, `${took} ms`);
    });

    it("perDialTimeout doesn't bound a server that answers and says nothing", async () => {
      const silent: Socket[] = [];
      const mute = createServer((socket) => silent.push(socket));
      const port = await listenOnce(mute);
      const person = new AbortController();
      const log = logged({ signal: person.signal });
      const creating = create({ create: "true" }, { port, perDialTimeout: 1 }, log);
      const first = await Promise.race([failure(creating), pause(1500).then(() => "waiting")]);
      assert.equal(first, "waiting");
      person.abort();
      assert.equal(await failure(creating), "context canceled");
      silent.forEach((socket) => socket.destroy());
      await new Promise((resolve) => mute.close(resolve));
    });

    it("a host that doesn't exist is named", async () => {
      const message = await failure(create({ create: "true" }, { host: "nowhere.invalid" }));
      assert.match(message, /dial tcp nowhere\.invalid:\d+: /);
    });

    it("a server that hangs up is no server", async () => {
      server.refuseDials = 1;
      const message = await failure(create({ create: "true" }));
      assert.match(message, /^after 0 failed attempts: ssh: handshake failed: /);
    });
  });

  describe("the handshake", () => {
    const noEntry = "ssh: unable to authenticate, attempted methods";

    it("refuses a host key that isn't the given one, and runs nothing", async () => {
      const message = await failure(create({ create: "true" }, { hostKey: strangerKeys.line }));
      assert.equal(
        message,
        "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
      );
      assert.deepEqual(server.commands, []);
    });

    it("takes any host key where none is given", async () => {
      await create({ create: "true" }, { hostKey: undefined });
    });

    it("a refused log-in is a failed dial and names what was tried", async () => {
      const stranger = { privateKey: strangerKeys.openssh, dialErrorLimit: 1 };
      const message = await failure(create({ create: "true" }, stranger));
      assert.equal(
        message,
        `after 1 failed attempts: ssh: handshake failed: ${noEntry} [none publickey], no supported methods remain`,
      );
      assert.equal(server.dials, 2);
    });

    it("a key that lets us in later is no error", async () => {
      server.authorized = strangerKeys.line;
      const creating = create({ create: "echo in" }, { dialErrorLimit: 5 });
      while (server.dials === 0) await pause(10);
      server.authorized = userKeys.line;
      assert.equal((await creating)["stdout"], "in");
    });

    it("a key or host key that can't be read is told at once, without the key", async () => {
      const wrong = { privateKey: "hunter2", dialErrorLimit: -1 };
      const message = await failure(create({ create: "true" }, wrong));
      assert.match(message, /connection\.privateKey can't be read: .*; allowed: /);
      assert.ok(!message.includes("hunter2"), message);
      const host = await failure(create({ create: "true" }, { hostKey: "nonsense" }));
      assert.match(host, /connection\.hostKey can't be read: "nonsense"/);
      assert.equal(server.dials, 0);
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
