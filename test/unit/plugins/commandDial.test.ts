import { strict as assert } from "node:assert";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { remoteCommand as typeOf } from "../../../rehearsal/plugins/command/remoteCommand";
import {
  closedPort,
  create,
  eachWithServer,
  failure,
  inputsOf,
  listenOnce,
  logged,
  server,
  strangerKeys,
  userKeys,
} from "./commandFixture";

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

describe("command stand-in: the way in", () => {
  eachWithServer();

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
});
