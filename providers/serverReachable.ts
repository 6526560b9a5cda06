import * as pulumi from "@pulumi/pulumi";
import { Attempt, logIn, Machine, refusalError } from "./ssh";

/** How the server should be reached. */
export interface ServerReachableArgs {
  address: pulumi.Input<string>;
  user: pulumi.Input<string>;
  /** In OpenSSH's format. Secret, in the state too. */
  privateKey: pulumi.Input<string>;
  /** As in a `known_hosts` file: type and key. */
  hostKey: pulumi.Input<string>;
  /** Of SSH, on the server and in the security group. */
  port: pulumi.Input<number>;
  instanceId: pulumi.Input<string>;
  /** URN of the instance, for the command that replaces it. */
  instanceUrn: pulumi.Input<string>;
  region: pulumi.Input<string>;
  /** Whether the security group surely lets this computer in. */
  letsMeIn: pulumi.Input<boolean>;
  /** How long `pulumi up` goes on trying, in minutes; 0 is one try. */
  waitMinutes: pulumi.Input<number>;
}

type Values = pulumi.Unwrap<ServerReachableArgs>;

const TRY_SECONDS = 10;
/** A preview looks once, and not for long. */
const LOOK_SECONDS = 4;

/** Logs in and out again, once. */
async function look(values: Values, seconds: number): Promise<Attempt> {
  const result = await logIn(values, seconds);
  if (result.kind === "in") result.client.end();
  return result;
}

/** Tries until it gets in, or until trying on makes no sense. */
async function getIn(values: Values): Promise<void> {
  const end = Date.now() + values.waitMinutes * 60_000;
  for (;;) {
    const left = Math.max(LOOK_SECONDS, Math.min(TRY_SECONDS, (end - Date.now()) / 1000));
    const result = await look(values, left);
    if (result.kind === "in") return;
    const final = result.kind === "other-host-key" || Date.now() + 1000 >= end;
    if (final) {
      const machine: Machine = { ...values, stack: values.instanceUrn.split(":")[2] ?? "" };
      throw await refusalError(result, machine);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Looked at on every preview and `pulumi up`: is the door still open, is it still our machine? */
const provider: pulumi.dynamic.ResourceProvider<Values, Values> = {
  async create(inputs) {
    await getIn(inputs);
    return { id: inputs.instanceId, outs: inputs };
  },

  async diff(_id, olds, news) {
    // The provider's own text is among them: changed code is an update, which only logs in again.
    // Two only decide how long it tries, and an error's words.
    const keys = (Object.keys(news) as (keyof Values)[]).filter(
      (key) => key !== "letsMeIn" && key !== "waitMinutes",
    );
    if (keys.some((key) => olds[key] !== news[key])) return { changes: true };
    return { changes: (await look(news, LOOK_SECONDS)).kind !== "in" };
  },

  async update(_id, _olds, news) {
    await getIn(news);
    return { outs: news };
  },
};

/**
 * That this computer can log in to the server: its port for SSH is open to it, the machine shows the host
 * key that was made for it, and accepts the key pair. A dynamic resource, because it is looked at on
 * every `pulumi up` and not only when something changed; every step on the server comes after it.
 *
 * Creates nothing and costs nothing. Fails with what to do about it: port closed, no SSH server,
 * foreign host key (at once), key not accepted.
 */
export class ServerReachable extends pulumi.dynamic.Resource {
  constructor(name: string, args: ServerReachableArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { ...args, privateKey: pulumi.secret(args.privateKey) },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKey"] }, opts),
      "tljh",
      "ServerReachable",
    );
  }
}
