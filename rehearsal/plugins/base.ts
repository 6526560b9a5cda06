/**
 * What the stand-ins for provider plugins have in common. A plugin is a table of resource types
 * and functions; `serve` speaks the engine's protocol for it.
 */

import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Diff } from "./rpc/diff";
import { EngineLog, type Severity } from "./rpc/engineLog";
import { addProvider } from "./rpc/service";
import type { Values } from "./rpc/values";

export { diffInputs, type Diff, type PropertyChange } from "./rpc/diff";
export type { Severity } from "./rpc/engineLog";
export { InitializationError } from "./rpc/errors";
export { hasUnknown, isRecord, UNKNOWN, type Values } from "./rpc/values";

/** What is wrong with one input; property "" is all of them. */
export interface Failure {
  property: string;
  reason: string;
}

/** The resource that `check` is asked about. */
export interface CheckContext {
  urn: string;
  name: string;
  /** The same in the preview and in the update after it, so that a made-up name is too. */
  seed?: Uint8Array;
}

/** The resource and the operation at work. */
export interface Context {
  urn: string;
  name: string;
  /** From `customTimeouts`; 0 or absent: none was given. */
  timeoutSeconds?: number;
  /** Aborted when the person cancels. */
  signal?: AbortSignal;
  /** Shows a line under the resource. Default severity: info. */
  log?: (line: string, severity?: Severity) => void;
}

/** A resource type. Only what is given differs from the defaults named here. */
export interface ResourceType {
  /** Outputs that a preview of a create can't know. */
  computed: readonly string[];
  /** Outputs that a preview of an update can't know. Default: none. */
  volatile?: readonly string[];
  /** Inputs of which every change makes a new resource, for the default `diff`. */
  replaceOn?: readonly string[];
  /** Default: every input is right. */
  check?(
    news: Values,
    olds: Values | undefined,
    context: CheckContext,
  ): { inputs: Values; failures?: Failure[] };
  /** Default: `diffInputs` with `replaceOn`. */
  diff?(id: string, oldInputs: Values, oldOutputs: Values, news: Values): Diff;
  /** @throws InitializationError when it exists but isn't right; any other error: it doesn't exist */
  create(inputs: Values, context: Context): Promise<{ id: string; outputs: Values }>;
  /** undefined: it is gone. Default: it is as it was. */
  read?(
    id: string,
    oldInputs: Values,
    oldOutputs: Values,
    context: Context,
  ): Promise<{ id: string; inputs: Values; outputs: Values } | undefined>;
  /** Answers the new outputs. Default: the new inputs. */
  update?(
    id: string,
    oldInputs: Values,
    oldOutputs: Values,
    news: Values,
    context: Context,
  ): Promise<Values>;
  /** Default: nothing to do. */
  delete?(id: string, oldInputs: Values, outputs: Values, context: Context): Promise<void>;
}

/** Everything a plugin offers, by token. */
export interface Plugin {
  name: string;
  version: string;
  checkConfig?(config: Values): Failure[];
  configure?(config: Values): Promise<void> | void;
  resources: Record<string, ResourceType>;
  functions: Record<string, (args: Values) => Promise<Values>>;
}

/** A listening plugin. */
export interface Listening {
  port: number;
  close(): void;
}

/** Listens on a free port of 127.0.0.1. */
export function listen(plugin: Plugin, engineAddress?: string): Promise<Listening> {
  const log = new EngineLog();
  if (engineAddress !== undefined) log.connect(engineAddress);
  const server = new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  addProvider(server, plugin, log);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (failure, port) => {
      if (failure !== null) return reject(failure);
      const close = (): void => {
        log.close();
        server.forceShutdown();
      };
      resolve({ port, close });
    });
  });
}

/** An engine that was killed can't end its plugins: they notice, or they would stay for ever. */
function endWithEngine(): void {
  const engine = process.ppid;
  setInterval(() => {
    if (process.ppid !== engine) process.exit(1);
  }, 1000).unref();
}

/** The plugin's main: the engine reads the port from the first line of standard output. */
export function serve(plugin: Plugin): void {
  const address = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
  endWithEngine();
  listen(plugin, address).then(
    ({ port }) => process.stdout.write(`${port}\n`),
    (failure: unknown) => {
      process.stderr.write(`${String(failure)}\n`);
      process.exit(1);
    },
  );
}
