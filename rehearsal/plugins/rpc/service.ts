/** The engine's provider protocol over a plugin's table. */

import type { sendUnaryData, Server, ServerUnaryCall } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Context, Failure, Plugin, ResourceType } from "../base";
import { diffInputs, type Diff, type PropertyChange } from "./diff";
import type { EngineLog } from "./engineLog";
import { serviceError } from "./errors";
import { decode, encode, hasUnknown, UNKNOWN, type Values } from "./values";

/** `stack::project::parents$type::name` of a URN. */
function partsOf(urn: string): { token: string; name: string } {
  const [, , , types = "", ...name] = `${urn.replace(/^urn:pulumi:/, "::")}`.split("::");
  return { token: types.split("$").at(-1) ?? "", name: name.join("::") };
}

function known<T>(table: Record<string, T>, kind: string, token: string, plugin: Plugin): T {
  const found = Object.hasOwn(table, token) ? table[token] : undefined;
  if (found !== undefined) return found;
  throw new Error(
    `The rehearsal's stand-in for the ${plugin.name} plugin has no ${kind} ${token}. ` +
      `It has: ${Object.keys(table).sort().join(", ") || "none"}. Use one of these, or the real ` +
      `plugin: REHEARSAL_PLUGIN_${plugin.name.toUpperCase()}=real npm run setup`,
  );
}

function failuresOf(failures: readonly Failure[]): messages.CheckFailure[] {
  return failures.map(({ property, reason }) => {
    const failure = new messages.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    return failure;
  });
}

function kindOf({ kind, replace }: PropertyChange): messages.PropertyDiff.Kind {
  const kinds = messages.PropertyDiff.Kind;
  if (kind === "add") return replace === true ? kinds.ADD_REPLACE : kinds.ADD;
  if (kind === "delete") return replace === true ? kinds.DELETE_REPLACE : kinds.DELETE;
  return replace === true ? kinds.UPDATE_REPLACE : kinds.UPDATE;
}

function diffResponse(diff: Diff): messages.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse();
  response.setChanges(diff.changes ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(diff.replaces ?? []);
  response.setDeletebeforereplace(diff.deleteBeforeReplace ?? false);
  const detailed = Object.entries(diff.detailed ?? {});
  response.setHasdetaileddiff(detailed.length > 0);
  response.setDiffsList([...new Set(detailed.map(([path]) => path.replace(/[.[].*$/s, "")))]);
  for (const [path, change] of detailed) {
    const property = new messages.PropertyDiff();
    property.setKind(kindOf(change));
    property.setInputdiff(change.inputDiff ?? false);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

function unknowns(names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, UNKNOWN]));
}

/** Outputs that are no inputs. */
function withoutInputs(outputs: Values, inputs: Values): Values {
  return Object.fromEntries(Object.entries(outputs).filter(([key]) => !Object.hasOwn(inputs, key)));
}

/** Older engines send only the variables `aws:config:region`. */
function configurationOf(request: messages.ConfigureRequest): Values {
  const args = request.getArgs();
  if (args !== undefined) return decode(args);
  const variables = [...request.getVariablesMap().entries()] as [string, string][];
  return Object.fromEntries(variables.map(([key, value]) => [key.replace(/^.*:/, ""), value]));
}

/** One plugin at work for one engine. */
class Provider {
  private readonly running = new AbortController();

  constructor(
    private readonly plugin: Plugin,
    private readonly log: EngineLog,
  ) {}

  handshake(request: messages.ProviderHandshakeRequest): messages.ProviderHandshakeResponse {
    this.log.connect(request.getEngineAddress());
    return new messages.ProviderHandshakeResponse();
  }

  getPluginInfo(): PluginInfo {
    const info = new PluginInfo();
    info.setVersion(this.plugin.version);
    return info;
  }

  attach(request: { getAddress(): string }): Empty {
    this.log.connect(request.getAddress());
    return new Empty();
  }

  cancel(): Empty {
    this.running.abort();
    return new Empty();
  }

  getSchema(): messages.GetSchemaResponse {
    const { name, version } = this.plugin;
    const response = new messages.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name, version }));
    return response;
  }

  checkConfig(request: messages.CheckRequest): messages.CheckResponse {
    const news = decode(request.getNews());
    const response = new messages.CheckResponse();
    response.setInputs(encode(news));
    response.setFailuresList(failuresOf(this.plugin.checkConfig?.(news) ?? []));
    return response;
  }

  diffConfig(request: messages.DiffRequest): messages.DiffResponse {
    const olds = decode(request.getOldInputs() ?? request.getOlds());
    return diffResponse(diffInputs(olds, decode(request.getNews())));
  }

  async configure(request: messages.ConfigureRequest): Promise<messages.ConfigureResponse> {
    const configuration = configurationOf(request);
    if (!hasUnknown(configuration)) await this.plugin.configure?.(configuration);
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(false);
    response.setAcceptresources(false);
    response.setAcceptoutputs(false);
    response.setSupportspreview(true);
    return response;
  }

  check(request: messages.CheckRequest): messages.CheckResponse {
    const urn = request.getUrn();
    const { type, name } = this.resource(urn);
    const news = decode(request.getNews());
    const olds = request.hasOlds() ? decode(request.getOlds()) : undefined;
    const seed = request.getRandomseed_asU8();
    const context = seed.length > 0 ? { urn, name, seed } : { urn, name };
    const { inputs, failures } = type.check?.(news, olds, context) ?? { inputs: news };
    const response = new messages.CheckResponse();
    response.setInputs(encode(inputs));
    response.setFailuresList(failuresOf(failures ?? []));
    return response;
  }

  diff(request: messages.DiffRequest): messages.DiffResponse {
    const { type } = this.resource(request.getUrn());
    const oldInputs = decode(request.getOldInputs());
    const oldOutputs = decode(request.getOlds());
    const news = decode(request.getNews());
    const diff =
      type.diff?.(request.getId(), oldInputs, oldOutputs, news) ??
      diffInputs(oldInputs, news, type.replaceOn);
    return diffResponse(diff);
  }

  async create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
    const { type, context } = this.operation(request);
    const inputs = decode(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(encode({ ...unknowns(type.computed), ...inputs }));
      return response;
    }
    const { id, outputs } = await type.create(inputs, context);
    response.setId(id);
    response.setProperties(encode(outputs));
    return response;
  }

  async read(request: messages.ReadRequest): Promise<messages.ReadResponse> {
    const { type, context } = this.operation(request);
    const inputs = decode(request.getInputs());
    const outputs = decode(request.getProperties());
    const id = request.getId();
    const found =
      type.read === undefined
        ? { id, inputs, outputs }
        : await type.read(id, inputs, outputs, context);
    const response = new messages.ReadResponse();
    if (found === undefined) return response;
    response.setId(found.id);
    response.setInputs(encode(found.inputs));
    response.setProperties(encode(found.outputs));
    return response;
  }

  async update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
    const { type, context } = this.operation(request);
    const oldInputs = decode(request.getOldInputs());
    const olds = decode(request.getOlds());
    const news = decode(request.getNews());
    const response = new messages.UpdateResponse();
    const expected = { ...withoutInputs(olds, oldInputs), ...news };
    const outputs = request.getPreview()
      ? { ...expected, ...unknowns(type.volatile ?? []) }
      : await (type.update?.(request.getId(), oldInputs, olds, news, context) ?? expected);
    response.setProperties(encode(outputs));
    return response;
  }

  async delete(request: messages.DeleteRequest): Promise<Empty> {
    const { type, context } = this.operation(request);
    const oldInputs = decode(request.getOldInputs());
    await type.delete?.(request.getId(), oldInputs, decode(request.getProperties()), context);
    return new Empty();
  }

  async invoke(request: messages.InvokeRequest): Promise<messages.InvokeResponse> {
    const lookup = known(this.plugin.functions, "function", request.getTok(), this.plugin);
    const response = new messages.InvokeResponse();
    response.setReturn(encode(await lookup(decode(request.getArgs()))));
    return response;
  }

  private resource(urn: string): { type: ResourceType; name: string } {
    const { token, name } = partsOf(urn);
    return { type: known(this.plugin.resources, "resource type", token, this.plugin), name };
  }

  private operation(request: { getUrn(): string; getTimeout?(): number }): {
    type: ResourceType;
    context: Context;
  } {
    const urn = request.getUrn();
    const { type, name } = this.resource(urn);
    const timeoutSeconds = request.getTimeout?.() ?? 0;
    const log: Context["log"] = (line, severity) => this.log.write(urn, line, severity);
    return { type, context: { urn, name, timeoutSeconds, signal: this.running.signal, log } };
  }
}

const METHODS = [
  "handshake",
  "getPluginInfo",
  "attach",
  "cancel",
  "getSchema",
  "checkConfig",
  "diffConfig",
  "configure",
  "check",
  "diff",
  "create",
  "read",
  "update",
  "delete",
  "invoke",
] as const;

/** Adds the provider protocol to a server; what isn't in METHODS answers UNIMPLEMENTED. */
export function addProvider(server: Server, plugin: Plugin, log: EngineLog): void {
  const provider = new Provider(plugin, log);
  const answer = async (method: (typeof METHODS)[number], request: unknown): Promise<unknown> => {
    try {
      return await provider[method](request as never);
    } finally {
      await log.flushed();
    }
  };
  const handler =
    (method: (typeof METHODS)[number]) =>
    (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => {
      answer(method, call.request).then(
        (response) => callback(null, response),
        (failure: unknown) => callback(serviceError(failure)),
      );
    };
  server.addService(
    ResourceProviderService,
    Object.fromEntries(METHODS.map((method) => [method, handler(method)])),
  );
}
