import { strict as assert } from "node:assert";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  credentials,
  Server,
  ServerCredentials,
  status,
  type ServerUnaryCall,
  type ServiceError,
} from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity, type LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import {
  diffInputs,
  hasUnknown,
  InitializationError,
  listen,
  UNKNOWN,
  type Context,
  type Listening,
  type Plugin,
  type Values,
} from "../../../rehearsal/plugins/base";
import { decode, encode } from "../../../rehearsal/plugins/rpc/values";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const BOX = "urn:pulumi:dev::workshop::my:index:Parent$test:index:Box::my::box";
const PLAIN = "urn:pulumi:dev::workshop::test:index:Plain::plain";

function struct(values: Record<string, JavaScriptValue>): Struct {
  return Struct.fromJavaScript(values);
}

/** A plugin that notes what it is asked. */
function testPlugin(asked: [string, ...unknown[]][]): Plugin {
  return {
    name: "test",
    version: "1.2.3",
    checkConfig: (config) =>
      config["wrong"] === undefined ? [] : [{ property: "wrong", reason: "is wrong" }],
    configure: (config) => {
      asked.push(["configure", config]);
      if (config["refuse"] !== undefined) throw new Error("no credentials");
    },
    resources: {
      "test:index:Plain": { computed: ["made"], create: async () => ({ id: "p", outputs: {} }) },
      "test:index:Box": {
        computed: ["made", "colour"],
        volatile: ["made"],
        replaceOn: ["shape"],
        check(news, olds, context) {
          asked.push(["check", news, olds, context]);
          return { inputs: { ...news, checked: true }, failures: failuresOf(news) };
        },
        async create(inputs, context) {
          asked.push(["create", inputs, context.urn, context.name, context.timeoutSeconds]);
          return creating(inputs, context);
        },
        async read(id, oldInputs, oldOutputs) {
          asked.push(["read", id, oldInputs, oldOutputs]);
          return id === "gone" ? undefined : { id, inputs: oldInputs, outputs: { seen: true } };
        },
        async update(id, oldInputs, oldOutputs, news) {
          asked.push(["update", id, oldInputs, oldOutputs, news]);
          return { ...news, made: "again" };
        },
        async delete(id, oldInputs, outputs) {
          asked.push(["delete", id, oldInputs, outputs]);
        },
      },
    },
    functions: { "test:index:double": async (args) => ({ result: 2 * (args["of"] as number) }) },
  };
}

function failuresOf(news: Values): { property: string; reason: string }[] {
  return news["shape"] === "square"
    ? [{ property: "shape", reason: "square; allowed: round" }]
    : [];
}

async function creating(
  inputs: Values,
  context: Context,
): Promise<{ id: string; outputs: Values }> {
  if (inputs["shape"] === "broken") throw new Error("AWS says no");
  if (inputs["shape"] === "dented") {
    throw new InitializationError("box-1", { made: "half" }, inputs, ["is dented", "is wet"]);
  }
  if (inputs["shape"] === "noisy") {
    for (let line = 0; line < 500; line += 1) context.log?.(`line ${line}`);
    context.log?.("careful", "warning");
  }
  if (inputs["shape"] === "slow") {
    await once(context.signal ?? new AbortController().signal, "abort");
    throw new Error("cancelled");
  }
  return { id: "box-1", outputs: { ...inputs, made: "now" } };
}

type Method = Exclude<keyof ResourceProviderClient, keyof import("@grpc/grpc-js").Client>;

describe("plugins' base over gRPC", () => {
  const asked: [string, ...unknown[]][] = [];
  let listening: Listening;
  let client: ResourceProviderClient;

  function ask<A>(method: Method, request: unknown): Promise<A> {
    const call = client[method].bind(client) as unknown as (
      request: unknown,
      callback: (failure: ServiceError | null, answer: A) => void,
    ) => void;
    return new Promise((resolve, reject) =>
      call(request, (failure, answer) => (failure === null ? resolve(answer) : reject(failure))),
    );
  }

  function request<T extends { setUrn(urn: string): unknown }>(message: T, urn = BOX): T {
    message.setUrn(urn);
    return message;
  }

  function createRequest(
    inputs: Record<string, JavaScriptValue>,
    urn = BOX,
  ): messages.CreateRequest {
    const message = request(new messages.CreateRequest(), urn);
    message.setProperties(struct(inputs));
    message.setTimeout(30);
    return message;
  }

  before(async () => {
    listening = await listen(testPlugin(asked));
    client = new ResourceProviderClient(
      `127.0.0.1:${listening.port}`,
      credentials.createInsecure(),
    );
  });
  after(() => {
    client.close();
    listening.close();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  it("tells its version and takes no secrets, outputs or resources on the wire", async () => {
    const info = await ask<{ getVersion(): string }>("getPluginInfo", new Empty());
    assert.equal(info.getVersion(), "1.2.3");
    const configured = await ask<messages.ConfigureResponse>(
      "configure",
      new messages.ConfigureRequest(),
    );
    assert.equal(configured.getSupportspreview(), true);
    assert.equal(configured.getAcceptsecrets(), false);
    assert.equal(configured.getAcceptoutputs(), false);
    assert.equal(configured.getAcceptresources(), false);
  });

  it("unwraps the secrets of an explicit provider's configuration", async () => {
    const message = new messages.ConfigureRequest();
    message.setArgs(struct({ secretKey: { [SIGNATURE]: SECRET, value: "s" }, region: "here" }));
    await ask("configure", message);
    assert.deepEqual(asked, [["configure", { secretKey: "s", region: "here" }]]);
  });

  it("takes the configuration of an engine that sends only variables", async () => {
    const message = new messages.ConfigureRequest();
    message.getVariablesMap().set("test:config:region", "here");
    await ask("configure", message);
    assert.deepEqual(asked, [["configure", { region: "here" }]]);
  });

  it("isn't configured while the configuration is unknown", async () => {
    const message = new messages.ConfigureRequest();
    message.setArgs(struct({ region: UNKNOWN }));
    await ask("configure", message);
    assert.deepEqual(asked, []);
  });

  it("passes a refused configuration on in the plugin's words", async () => {
    const message = new messages.ConfigureRequest();
    message.setArgs(struct({ refuse: "yes" }));
    await assert.rejects(ask("configure", message), { details: "no credentials" });
  });

  it("checks the configuration", async () => {
    const message = new messages.CheckRequest();
    message.setNews(struct({ wrong: "x" }));
    const { failuresList, inputs } = (
      await ask<messages.CheckResponse>("checkConfig", message)
    ).toObject();
    assert.deepEqual(failuresList, [{ property: "wrong", reason: "is wrong" }]);
    assert.ok(inputs);
  });

  it("a changed configuration never replaces the provider", async () => {
    const message = new messages.DiffRequest();
    message.setOldInputs(struct({ region: "here" }));
    message.setNews(struct({ region: "there" }));
    const diff = await ask<messages.DiffResponse>("diffConfig", message);
    assert.equal(diff.getChanges(), messages.DiffResponse.DiffChanges.DIFF_SOME);
    assert.deepEqual(diff.getReplacesList(), []);
  });

  it("check gets name, seed, old inputs, and answers inputs and failures", async () => {
    const message = request(new messages.CheckRequest());
    message.setNews(struct({ shape: "square", weight: UNKNOWN }));
    message.setOlds(struct({ shape: "round" }));
    message.setRandomseed(Buffer.from([1, 2]));
    const answer = await ask<messages.CheckResponse>("check", message);
    const [first] = asked;
    assert.deepEqual(first?.slice(0, 3), [
      "check",
      { shape: "square", weight: UNKNOWN },
      { shape: "round" },
    ]);
    const context = first?.[3] as { name: string; urn: string; seed: Uint8Array };
    assert.deepEqual([context.name, context.urn, [...context.seed]], ["my::box", BOX, [1, 2]]);
    assert.equal(decode(answer.getInputs())["checked"], true);
    assert.deepEqual(answer.toObject().failuresList, [
      { property: "shape", reason: "square; allowed: round" },
    ]);
  });

  it("without a check every input is right", async () => {
    const message = request(new messages.CheckRequest(), PLAIN);
    message.setNews(struct({ anything: [1, { goes: null }] }));
    const answer = await ask<messages.CheckResponse>("check", message);
    assert.deepEqual(decode(answer.getInputs()), { anything: [1, { goes: null }] });
  });

  it("diff names what changed, what that replaces, and each path", async () => {
    const message = request(new messages.DiffRequest());
    message.setOldInputs(struct({ shape: "round", tags: { a: "1", b: "2" } }));
    message.setOlds(struct({ shape: "round", made: "now" }));
    message.setNews(struct({ shape: "flat", tags: { b: "3", c: "4" } }));
    const diff = await ask<messages.DiffResponse>("diff", message);
    assert.equal(diff.getChanges(), messages.DiffResponse.DiffChanges.DIFF_SOME);
    assert.deepEqual(diff.getReplacesList(), ["shape"]);
    assert.deepEqual(diff.getDiffsList(), ["shape", "tags"]);
    const kinds = messages.PropertyDiff.Kind;
    const detailed = diff.getDetaileddiffMap();
    assert.deepEqual(
      ["shape", "tags.a", "tags.b", "tags.c"].map((path) => detailed.get(path)?.getKind()),
      [kinds.UPDATE_REPLACE, kinds.DELETE, kinds.UPDATE, kinds.ADD],
    );
  });

  it("a preview of a create answers inputs and what can't be known, and creates nothing", async () => {
    const message = createRequest({ colour: "blue" });
    message.setPreview(true);
    const answer = await ask<messages.CreateResponse>("create", message);
    assert.equal(answer.getId(), "");
    assert.deepEqual(decode(answer.getProperties()), { colour: "blue", made: UNKNOWN });
    assert.deepEqual(asked, []);
  });

  it("create gets inputs, names and timeout, and answers id and outputs", async () => {
    const answer = await ask<messages.CreateResponse>("create", createRequest({ colour: "blue" }));
    assert.deepEqual(asked, [["create", { colour: "blue" }, BOX, "my::box", 30]]);
    assert.equal(answer.getId(), "box-1");
    assert.deepEqual(decode(answer.getProperties()), { colour: "blue", made: "now" });
  });

  it("a failed create is an error in the plugin's words, without a resource", async () => {
    const failure = await ask("create", createRequest({ shape: "broken" })).then(
      () => assert.fail("created"),
      (error: ServiceError) => error,
    );
    assert.equal(failure.details, "AWS says no");
    assert.deepEqual(failure.metadata.get("grpc-status-details-bin"), []);
  });

  it("a half-made resource is reported with id, state and reasons, so that it isn't lost", async () => {
    const failure = await ask("create", createRequest({ shape: "dented" })).then(
      () => assert.fail("created"),
      (error: ServiceError) => error,
    );
    const [bytes] = failure.metadata.get("grpc-status-details-bin");
    const rich = Status.deserializeBinary(bytes as Buffer);
    const [any] = rich.getDetailsList();
    assert.equal(any?.getTypeUrl(), "type.googleapis.com/pulumirpc.ErrorResourceInitFailed");
    const detail = messages.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
    assert.equal(detail.getId(), "box-1");
    assert.deepEqual(detail.getReasonsList(), ["is dented", "is wet"]);
    assert.deepEqual(decode(detail.getProperties()), { made: "half" });
    assert.deepEqual(decode(detail.getInputs()), { shape: "dented" });
  });

  it("read answers what there is, and no id for what is gone", async () => {
    const message = request(new messages.ReadRequest());
    message.setId("box-1");
    message.setInputs(struct({ shape: "round" }));
    message.setProperties(struct({ made: "now" }));
    const found = await ask<messages.ReadResponse>("read", message);
    assert.deepEqual(asked, [["read", "box-1", { shape: "round" }, { made: "now" }]]);
    assert.deepEqual(decode(found.getProperties()), { seen: true });
    assert.deepEqual(decode(found.getInputs()), { shape: "round" });
    message.setId("gone");
    assert.equal((await ask<messages.ReadResponse>("read", message)).getId(), "");
  });

  it("without a read a refresh finds everything as it was", async () => {
    const message = request(new messages.ReadRequest(), PLAIN);
    message.setId("p");
    message.setInputs(struct({ a: 1 }));
    message.setProperties(struct({ a: 1, made: "x" }));
    const found = await ask<messages.ReadResponse>("read", message);
    assert.equal(found.getId(), "p");
    assert.deepEqual(decode(found.getProperties()), { a: 1, made: "x" });
    assert.deepEqual(decode(found.getInputs()), { a: 1 });
  });

  it("a preview of an update keeps what stays and can't know what may change", async () => {
    const message = request(new messages.UpdateRequest());
    message.setOldInputs(struct({ shape: "round", dropped: 1 }));
    message.setOlds(struct({ shape: "round", dropped: 1, made: "now", size: 3 }));
    message.setNews(struct({ shape: "flat" }));
    message.setPreview(true);
    const answer = await ask<messages.UpdateResponse>("update", message);
    assert.deepEqual(decode(answer.getProperties()), { shape: "flat", size: 3, made: UNKNOWN });
    message.setPreview(false);
    const updated = await ask<messages.UpdateResponse>("update", message);
    assert.deepEqual(decode(updated.getProperties()), { shape: "flat", made: "again" });
    assert.equal(asked.length, 1);
  });

  it("delete gets old inputs and outputs", async () => {
    const message = request(new messages.DeleteRequest());
    message.setId("box-1");
    message.setOldInputs(struct({ shape: "round" }));
    message.setProperties(struct({ made: "now" }));
    await ask("delete", message);
    assert.deepEqual(asked, [["delete", "box-1", { shape: "round" }, { made: "now" }]]);
    message.setUrn(PLAIN);
    await ask("delete", message);
  });

  it("invokes functions", async () => {
    const message = new messages.InvokeRequest();
    message.setTok("test:index:double");
    message.setArgs(struct({ of: 21 }));
    const answer = await ask<messages.InvokeResponse>("invoke", message);
    assert.deepEqual(decode(answer.getReturn()), { result: 42 });
  });

  it("refuses what it doesn't have, says what it has, and how to get the real plugin", async () => {
    const message = request(new messages.CheckRequest(), BOX.replace("Box", "Bag"));
    message.setNews(struct({}));
    await assert.rejects(ask("check", message), {
      details:
        "The rehearsal's stand-in for the test plugin has no resource type test:index:Bag. It has: " +
        "test:index:Box, test:index:Plain. Use one of these, or the real plugin: " +
        "REHEARSAL_PLUGIN_TEST=real npm run setup",
    });
    const invoke = new messages.InvokeRequest();
    invoke.setTok("toString");
    await assert.rejects(ask("invoke", invoke), /has no function toString/);
  });

  it("answers UNIMPLEMENTED for the rest of the protocol", async () => {
    for (const [method, message] of [
      ["construct", new messages.ConstructRequest()],
      ["parameterize", new messages.ParameterizeRequest()],
      ["getMapping", new messages.GetMappingRequest()],
    ] as const) {
      await assert.rejects(ask(method, message), { code: status.UNIMPLEMENTED });
    }
  });

  it("cancel ends what is running", async () => {
    const plugin = await listen(testPlugin(asked));
    const other = new ResourceProviderClient(
      `127.0.0.1:${plugin.port}`,
      credentials.createInsecure(),
    );
    const running = new Promise<ServiceError | null>((resolve) =>
      other.create(createRequest({ shape: "slow" }), resolve),
    );
    while (asked.length === 0) await pause(5);
    await new Promise((resolve) => other.cancel(new Empty(), resolve));
    assert.equal((await running)?.details, "cancelled");
    other.close();
    plugin.close();
  });

  describe("lines for the engine", () => {
    const received: LogRequest.AsObject[] = [];
    let engine: Server;
    let address: string;

    before(async () => {
      engine = new Server();
      engine.addService(EngineService, {
        log: (
          call: ServerUnaryCall<LogRequest, Empty>,
          callback: (failure: null, answer: Empty) => void,
        ) => {
          received.push(call.request.toObject());
          callback(null, new Empty());
        },
      });
      const port = await new Promise<number>((resolve, reject) =>
        engine.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (failure, bound) =>
          failure === null ? resolve(bound) : reject(failure),
        ),
      );
      address = `127.0.0.1:${port}`;
    });
    after(() => engine.forceShutdown());
    beforeEach(() => {
      received.length = 0;
    });

    it("arrive in order, under the resource, before the operation's answer", async () => {
      const attach = new PluginAttach();
      attach.setAddress(address);
      await ask("attach", attach);
      await ask("create", createRequest({ shape: "noisy" }));
      const last = received.pop();
      assert.deepEqual(
        [last?.message, last?.severity, last?.urn],
        ["careful", LogSeverity.WARNING, BOX],
      );
      assert.ok(received.every((entry) => entry.severity === LogSeverity.INFO));
      const lines = received.flatMap((entry) => entry.message.split("\n"));
      assert.deepEqual(
        lines,
        Array.from({ length: 500 }, (_, line) => `line ${line}`),
      );
    });

    it("fail nothing when the engine doesn't take them", async () => {
      const handshake = new messages.ProviderHandshakeRequest();
      handshake.setEngineAddress("127.0.0.1:9");
      await ask("handshake", handshake);
      await ask("create", createRequest({ shape: "noisy" }));
    });
  });
});

describe("plugins' base: values", () => {
  it("secrets and outputs are unwrapped at any depth, unknown ones are UNKNOWN", () => {
    const secret = (value: JavaScriptValue) => ({ [SIGNATURE]: SECRET, value });
    const output = { [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4" };
    const wire = struct({
      list: [secret("a"), { deep: secret(secret({ x: 1 })) }],
      later: output,
      now: { ...output, value: "v" },
      flag: "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    });
    assert.deepEqual(decode(wire), {
      list: ["a", { deep: { x: 1 } }],
      later: UNKNOWN,
      now: "v",
      flag: UNKNOWN,
    });
  });

  it("undefined isn't sent", () => {
    const sent = decode(encode({ a: undefined, b: [undefined, 1], c: { d: undefined } }));
    assert.deepEqual(sent, { b: [null, 1], c: {} });
  });

  it("finds an unknown at any depth", () => {
    assert.equal(hasUnknown({ a: [{ b: UNKNOWN }] }), true);
    assert.equal(hasUnknown({ a: [{ b: "x" }, null] }), false);
  });
});

describe("plugins' base: diffs", () => {
  it("order of keys, null for absent and the engine's own keys are no change", () => {
    const olds = { a: { x: 1, y: 2 }, n: null, __defaults: [] };
    assert.equal(diffInputs(olds, { a: { y: 2, x: 1 }, __internal: 1 }).changes, false);
  });

  it("an emptied list, another type and an unknown are", () => {
    const paths = (olds: Values, news: Values) =>
      Object.keys(diffInputs(olds, news).detailed ?? {});
    assert.deepEqual(paths({ a: [1, 2] }, { a: [1] }), ["a[1]"]);
    assert.deepEqual(paths({ a: [1] }, { a: { "0": 1 } }), ["a"]);
    assert.deepEqual(paths({ a: 1 }, { a: "1" }), ["a"]);
    assert.deepEqual(paths({ a: "x" }, { a: UNKNOWN }), ["a"]);
    assert.deepEqual(paths({}, { a: { "b.c": 1 } }), ["a"]);
    assert.deepEqual(paths({ a: {} }, { a: { "b.c": 1 } }), ['a["b.c"]']);
    assert.deepEqual(paths({}, { a: [] }), ["a"]);
  });
});

describe("plugins' base: serve", () => {
  const main = join(__dirname, "../../../rehearsal/plugins/tls/main.ts");

  it("prints the port on the first line and answers there", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", main, "-v=3", "127.0.0.1:9"]);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    assert.match(line.toString(), /^\d+\n$/);
    const client = new ResourceProviderClient(
      `127.0.0.1:${line.toString().trim()}`,
      credentials.createInsecure(),
    );
    const version = await new Promise((resolve, reject) =>
      client.getPluginInfo(new Empty(), (failure, info) =>
        failure === null ? resolve(info.getVersion()) : reject(failure),
      ),
    );
    client.close();
    child.kill();
    assert.equal(version, "5.6.1");
  });

  it("ends with the engine that started it", async () => {
    const shell = spawn("sh", [
      "-c",
      `"$0" --import tsx "$1" & echo $!; read wait`,
      process.execPath,
      main,
    ]);
    let printed = "";
    shell.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    while (!/^\d+\n\d+\n$/.test(printed)) await pause(20);
    const pid = Number(printed.split("\n")[0]);
    assert.equal(process.kill(pid, 0), true);
    shell.kill("SIGKILL");
    const gone = async (): Promise<boolean> => {
      for (let tries = 0; tries < 100; tries += 1) {
        try {
          process.kill(pid, 0);
        } catch {
          return true;
        }
        await pause(50);
      }
      return false;
    };
    assert.equal(await gone(), true);
  });
});
