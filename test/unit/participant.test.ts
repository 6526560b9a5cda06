/** A participant as a program, against a small server that answers as hub and server do. */
import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { createGzip, gzipSync } from "node:zlib";
import { WebSocketServer, type WebSocket } from "ws";
import { Kernel } from "../../scripts/participant/kernel";
import { Participant, placeOf } from "../../scripts/participant/participant";
import { Stopwatch } from "../../scripts/participant/phases";
import { Site } from "../../scripts/participant/site";

type Handle = (request: http.IncomingMessage, response: http.ServerResponse) => void;

describe("a participant as a program", () => {
  let server: http.Server;
  let sockets: WebSocketServer;
  /** At a name that no DNS knows. */
  let base = "";
  let handle: Handle = () => undefined;
  const at = { address: "127.0.0.1" };

  before(async () => {
    server = http.createServer((request, response) => handle(request, response));
    sockets = new WebSocketServer({ server });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://hub.invalid:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => sockets.removeAllListeners("connection"));

  const send = (response: http.ServerResponse, status: number, body = ""): void => {
    response.writeHead(status).end(body);
  };

  describe("its browser", () => {
    it("reaches a name at the address that is given, follows redirects, keeps cookies", async () => {
      const seen: string[] = [];
      handle = (request, response) => {
        seen.push(`${request.method} ${request.url} ${request.headers.cookie ?? "-"}`);
        if (request.url !== "/a") return send(response, 200, "there");
        response.setHeader("set-cookie", "who=me; Path=/");
        response.writeHead(302, { location: "/b" }).end();
      };
      const answer = await new Site(base, at).visit("/a", { form: { x: "1" } });
      assert.equal(answer.text, "there");
      assert.equal(answer.url.href, `${base}/b`);
      assert.deepEqual(seen, ["POST /a -", "GET /b who=me"]);
    });

    it("takes the nearest of two cookies of one name", () => {
      const site = new Site(base, at);
      site.cookies.setCookieSync("_xsrf=hub; Path=/hub/", `${base}/hub/`);
      site.cookies.setCookieSync("_xsrf=all; Path=/", `${base}/`);
      site.cookies.setCookieSync("_xsrf=mine; Path=/user/me/", `${base}/user/me/`);
      assert.equal(site.cookie(`${base}/user/me/api`, "_xsrf"), "mine");
      assert.equal(site.cookie(`${base}/hub/login`, "_xsrf"), "hub");
      assert.equal(site.cookie(`${base}/user/other/`, "_xsrf"), "all");
    });

    it("counts what comes over the line, and shows it unpacked", async () => {
      const text = "a".repeat(10_000);
      const packed = gzipSync(text);
      handle = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
      const answer = await new Site(base, at).visit("/");
      assert.equal(answer.text, text);
      assert.equal(answer.bytes, packed.length);
    });

    it("says which address did not answer, and why", async () => {
      const nobody = new Site("http://hub.invalid:1", at);
      await assert.rejects(
        nobody.visit("/hub/login"),
        /http:\/\/hub\.invalid:1\/hub\/login.*ECONN/,
      );
      handle = () => undefined;
      const late = new Site(base, at).visit("/", { limitSeconds: 0.05 });
      await assert.rejects(late, /no answer for 0.05 s/);
    });
  });

  describe("with the hub", () => {
    const person = () => new Participant(base, { name: "ana", password: "secret" }, at);

    it("logs in with the form and its cookie; a refusal has the hub's words", async () => {
      handle = (request, response) => {
        if (request.method === "GET") {
          response.setHeader("set-cookie", "_xsrf=abc; Path=/hub/");
          return send(response, 200);
        }
        if (request.url !== "/hub/login?_xsrf=abc") return send(response, 403);
        let form = "";
        request.on("data", (data: Buffer) => (form += data.toString()));
        request.on("end", () => {
          if (form.includes("password=secret")) response.writeHead(302, { location: "/" }).end();
          else send(response, 403, '<p class="login_error">Invalid\n username or password</p>');
        });
      };
      await person().logIn();
      const wrong = new Participant(base, { name: "ana", password: "no" }, at);
      await assert.rejects(wrong.logIn(), /log-in: status 403, Invalid username or password$/);
    });

    it("waits for the server with the hub's own progress, also when its stream breaks", async () => {
      let streams = 0;
      handle = (request, response) => {
        if (request.url?.endsWith("/server")) return send(response, 202);
        if (!request.url?.endsWith("/progress")) return send(response, 200);
        streams += 1;
        response.write('data: {"progress": 1, "mess');
        response.write('age": "Spawning"}\n\n: keep\n\n');
        response.end(streams > 1 ? 'data: {"progress": 100, "ready": true}\n\n' : "");
      };
      const said: string[] = [];
      await person().startServer((message) => said.push(message));
      assert.deepEqual(said, ["Spawning", "Spawning"]);
    });

    it("reads each event of a compressed stream as it comes", async () => {
      let end: () => void = () => undefined;
      handle = (request, response) => {
        if (!request.url?.endsWith("/progress")) return send(response, 201);
        response.writeHead(200, { "content-encoding": "gzip" });
        const packed = createGzip();
        packed.pipe(response);
        packed.write('data: {"progress": 1, "message": "Spawning"}\n\n');
        packed.flush();
        end = () => packed.end('data: {"progress": 100, "ready": true}\n\n');
      };
      // It only goes on once the first event has arrived.
      await person().startServer(() => end());
    });

    it("says why a server does not start", async () => {
      handle = (request, response) => {
        if (request.url?.endsWith("/server")) return send(response, 201);
        send(response, 200, 'data: {"progress": 100, "failed": true, "message": "No memory"}\n\n');
      };
      await assert.rejects(person().startServer(), /did not start: No memory/);
    });

    it("pulls what a link names, and tells where it leads or what git said", async () => {
      let asked = "";
      let last = '{"phase": "finished"}';
      handle = (request, response) => {
        if (request.url === "/link") {
          const query =
            "repo=https%3A%2F%2Fg.test%2Fo%2Fr&branch=b%231&urlpath=lab%2Ftree%2Fr%2FDay%25201.ipynb";
          response.writeHead(302, { location: `/user/ana/git-pull?${query}` }).end();
          return;
        }
        if (request.url?.includes("/git-pull/api")) {
          asked = request.url;
          return send(
            response,
            200,
            `data: {"phase": "syncing", "output": "$ git fetch\\n"}\n\ndata: ${last}\n\n`,
          );
        }
        send(response, 200);
      };
      const lines: string[] = [];
      assert.deepEqual(await person().pull("/link", (line) => lines.push(line)), {
        path: "r/Day 1.ipynb",
      });
      assert.equal(asked, "/user/ana/git-pull/api?repo=https%3A%2F%2Fg.test%2Fo%2Fr&branch=b%231");
      assert.deepEqual(lines, ["$ git fetch"]);
      last = '{"phase": "error", "message": "Remote content unavailable"}';
      await assert.rejects(person().pull("/link"), /^Error: Remote content unavailable$/);
    });

    it("knows what each interface's links open", () => {
      assert.equal(placeOf("lab/tree/r/a%20b.ipynb?x").path, "r/a b.ipynb");
      assert.equal(placeOf("notebooks/r/n.ipynb").path, "r/n.ipynb");
      assert.equal(placeOf("tree/r").path, "r");
      assert.equal(placeOf("lab").path, "");
    });
  });

  describe("with a kernel", () => {
    /** Answers as a kernel does that lets nobody wait; `hang` never ends. */
    const answerAs = (socket: WebSocket) =>
      socket.on("message", (data: Buffer) => {
        const { header, content } = JSON.parse(data.toString()) as {
          header: { msg_id: string; msg_type: string };
          content: { code?: string };
        };
        const say = (type: string, what: object, parent = header.msg_id) =>
          socket.send(
            JSON.stringify({
              header: { msg_id: "x", msg_type: type },
              parent_header: { msg_id: parent },
              channel: "iopub",
              content: what,
            }),
          );
        if (header.msg_type === "kernel_info_request") return say("kernel_info_reply", {});
        if (content.code === "hang") return;
        say("stream", { name: "stdout", text: "another tab's" }, "another");
        say("stream", { name: "stdout", text: "20\n" });
        if (content.code === "1/0") {
          say("error", { ename: "ZeroDivisionError", evalue: "division by zero" });
        } else say("execute_result", { data: { "text/plain": "'python'" } });
        say("execute_reply", { status: "ok" });
        say("status", { execution_state: "idle" });
      });
    const kernel = async (): Promise<Kernel> => {
      const made = new Kernel(new Site(base, at), `${base}/user/ana`, "7");
      await made.connect();
      return made;
    };

    it("gathers what its own code prints, and its error", async () => {
      sockets.on("connection", answerAs);
      const one = await kernel();
      await one.ready();
      const texts: string[] = [];
      assert.deepEqual(await one.run("print(20)", { onText: (text) => texts.push(text) }), {
        text: "20\n'python'\n",
      });
      assert.deepEqual(texts, ["20\n", "'python'\n"]);
      const { error } = await one.run("1/0");
      assert.equal(error, "ZeroDivisionError: division by zero");
      one.close();
    });

    it("tells a connection that broke from code that takes too long", async () => {
      sockets.on("connection", answerAs);
      const one = await kernel();
      await assert.rejects(one.run("hang", { limitSeconds: 0.05 }), /did not end within 0.05 s/);
      const running = one.run("hang");
      for (const socket of sockets.clients) socket.close(1012);
      await assert.rejects(running, /websocket was closed \(1012\)/);
    });

    it("hears of what went on without it, once it is connected again", async () => {
      const addresses: (string | undefined)[] = [];
      let asked = "";
      sockets.on("connection", (socket, request) => {
        addresses.push(request.url);
        if (addresses.length === 1) {
          socket.on("message", (data: Buffer) => {
            asked = (JSON.parse(data.toString()) as { header: { msg_id: string } }).header.msg_id;
          });
          return;
        }
        for (const [type, content] of [
          ["stream", { text: "late" }],
          ["execute_reply", {}],
          ["status", { execution_state: "idle" }],
        ] as const) {
          const header = { msg_id: "x", msg_type: type };
          socket.send(JSON.stringify({ header, parent_header: { msg_id: asked }, content }));
        }
      });
      const one = await kernel();
      const running = one.run("long");
      while (asked === "") await new Promise((resolve) => setTimeout(resolve, 5));
      one.disconnect();
      assert.equal(one.isConnected, false);
      await one.connect();
      assert.deepEqual(await running, { text: "late" });
      assert.equal(addresses[0], addresses[1]);
    });
  });

  it("keeps the time of each part that succeeded", async () => {
    const watch = new Stopwatch();
    assert.equal(await watch.time("one", () => Promise.resolve(1)), 1);
    await assert.rejects(watch.time("two", () => Promise.reject(new Error("no"))));
    assert.deepEqual(
      watch.phases.map(({ name }) => name),
      ["one"],
    );
  });
});
