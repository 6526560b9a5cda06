/** command.remote.Command: runs a command over SSH when it is created, changed or deleted. */

import { randomBytes } from "node:crypto";
import {
  isRecord,
  UNKNOWN,
  type Context,
  type Failure,
  type ResourceType,
  type Values,
} from "../base";
import { checkConnection, withDefaults, type Connection } from "./connection";
import { dial } from "./dial";
import { run, type Logging, type Printed, type Task } from "./run";

const BACKOFF_MS = 1000;

const LOGGING: readonly unknown[] = ["stdout", "stderr", "stdoutAndStderr", "none"];

/** What an argument must be, and how that is said. */
const ARGUMENTS: Readonly<Record<string, { allows(value: unknown): boolean; allowed: string }>> = {
  addPreviousOutputInEnv: {
    allows: (value) => typeof value === "boolean",
    allowed: "true, false",
  },
  connection: { allows: () => true, allowed: "an object" },
  create: { allows: isText, allowed: "a string" },
  delete: { allows: isText, allowed: "a string" },
  environment: {
    allows: (value) => isRecord(value) && Object.values(value).every(isText),
    allowed: "an object of strings",
  },
  logging: { allows: (value) => LOGGING.includes(value), allowed: LOGGING.join(", ") },
  stdin: { allows: isText, allowed: "a string" },
  triggers: { allows: Array.isArray, allowed: "an array" },
  update: { allows: isText, allowed: "a string" },
};

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** Arguments may be secret: a message names their type only. */
function failureOf(property: string, value: unknown): Failure | undefined {
  if (value === UNKNOWN) return undefined;
  const argument = ARGUMENTS[property];
  if (argument?.allows(value) === true) return undefined;
  const received = Array.isArray(value) ? "array" : typeof value;
  const reason =
    argument === undefined
      ? `${property} is no argument; there are ${Object.keys(ARGUMENTS).join(", ")}. `
      : `${property} has the wrong value, of type ${received}; allowed: ${argument.allowed}. `;
  return { property, reason: `${reason}Change it in the program.` };
}

function given(news: Values): Values {
  return Object.fromEntries(
    Object.entries(news).filter(([key, value]) => value !== null && !key.startsWith("__")),
  );
}

/** What the last run printed. */
function printedBefore(outputs: Values | undefined): Printed {
  const { stdout, stderr } = outputs ?? {};
  return {
    stdout: typeof stdout === "string" ? stdout : "",
    stderr: typeof stderr === "string" ? stderr : "",
  };
}

/** The outputs of the run before, for the command; the first run has none. */
function previousOutput(inputs: Values, outputs: Values | undefined): Record<string, string> {
  if (outputs === undefined || inputs["addPreviousOutputInEnv"] === false) return {};
  const { stdout, stderr } = printedBefore(outputs);
  return { PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr };
}

function taskOf(command: string, inputs: Values, outputs: Values | undefined): Task {
  const { stdin, environment, logging } = inputs;
  return {
    command,
    ...(typeof stdin === "string" ? { stdin } : {}),
    environment: {
      ...(environment as Record<string, string> | undefined),
      ...previousOutput(inputs, outputs),
    },
    logging: (logging ?? "stdoutAndStderr") as Logging,
  };
}

/**
 * command:remote:Command. A changed trigger replaces it; any other changed input runs `update`, or
 * `create` where there is none. A refresh sees nothing of the server.
 * @param backoffMs Pause between two dials.
 */
export function remoteCommand(backoffMs = BACKOFF_MS): ResourceType {
  /** Without a command nothing is run, and the outputs stay as they are. */
  async function perform(
    command: unknown,
    inputs: Values,
    outputs: Values | undefined,
    context: Context,
  ): Promise<Printed> {
    if (typeof command !== "string") return printedBefore(outputs);
    const connection = withDefaults(inputs["connection"]) as Connection;
    const client = await dial(connection, context, backoffMs);
    return run(client, taskOf(command, inputs, outputs), context);
  }

  return {
    computed: ["stdout", "stderr"],
    volatile: ["stdout", "stderr"],
    replaceOn: ["triggers"],

    check(news) {
      const inputs = given(news);
      inputs["addPreviousOutputInEnv"] ??= true;
      const { connection } = inputs;
      if (connection !== undefined) inputs["connection"] = withDefaults(connection);
      const failures = Object.entries(inputs).flatMap(
        ([key, value]) => failureOf(key, value) ?? [],
      );
      return { inputs, failures: [...failures, ...checkConnection(inputs["connection"])] };
    },

    async create(inputs, context) {
      const printed = await perform(inputs["create"], inputs, undefined, context);
      const id = `${context.name}${randomBytes(4).toString("hex")}`;
      return { id, outputs: { ...inputs, ...printed } };
    },

    async update(_id, _oldInputs, oldOutputs, news, context) {
      const command = news["update"] ?? news["create"];
      return { ...news, ...(await perform(command, news, oldOutputs, context)) };
    },

    async delete(_id, oldInputs, outputs, context) {
      const inputs = { ...outputs, ...oldInputs };
      await perform(inputs["delete"], inputs, outputs, context);
    },
  };
}
