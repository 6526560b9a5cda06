/* eslint-disable @typescript-eslint/no-require-imports --
   A dynamic provider is kept as text: what it needs it requires itself, where it runs. */
import * as pulumi from "@pulumi/pulumi";
import type { ClientErrorExtensions } from "ssh2";
import { formatProblem, forStack, Problem } from "../components/text";

/** How the server should be reached. */
export interface ServerReachableArgs {
  address: pulumi.Input<string>;
  user: pulumi.Input<string>;
  /** In OpenSSH's format. Secret, in the state too. */
  privateKey: pulumi.Input<string>;
  /** As in a `known_hosts` file: type and key. */
  hostKey: pulumi.Input<string>;
  instanceId: pulumi.Input<string>;
  /** URN of the instance, for the command that replaces it. */
  instanceUrn: pulumi.Input<string>;
  region: pulumi.Input<string>;
  /** How long `pulumi up` goes on trying, in minutes; 0 is one try. */
  waitMinutes: pulumi.Input<number>;
}

type Values = pulumi.Unwrap<ServerReachableArgs>;

/** What came of one try to log in. */
export type Attempt =
  | { kind: "in" }
  | { kind: "silent" | "refused" | "unreachable" | "no-login"; said: string }
  | { kind: "other-host-key"; fingerprint: string };

/** Port of SSH, on the server and in the security group. */
const PORT = 22;
const TRY_SECONDS = 10;
/** A preview looks once, and not for long. */
const LOOK_SECONDS = 4;

/** SHA-256 fingerprint of a key in its wire format, as `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The key of a `known_hosts` line in its wire format. */
function keyOf(hostKey: string): Buffer {
  return Buffer.from(hostKey.trim().split(/\s+/)[1] ?? "", "base64");
}

/** Logs in and out again, once. */
export function attempt(values: Values, seconds: number, port = PORT): Promise<Attempt> {
  const { Client } = require("ssh2") as typeof import("ssh2");
  const client = new Client();
  let shown: Buffer | undefined;
  return new Promise<Attempt>((resolve) => {
    client.on("ready", () => resolve({ kind: "in" }));
    client.on("error", (error: Error & ClientErrorExtensions & { code?: string }) => {
      const said = error.message;
      if (shown) resolve({ kind: "other-host-key", fingerprint: fingerprint(shown) });
      else if (error.level === "client-authentication") resolve({ kind: "no-login", said });
      else if (error.level === "client-timeout" || error.code === "ETIMEDOUT") {
        resolve({ kind: "silent", said: `no answer within ${seconds} s` });
      } else if (error.code === "EHOSTUNREACH" || error.code === "ENETUNREACH") {
        resolve({ kind: "unreachable", said });
      } else resolve({ kind: "refused", said });
    });
    client.on("close", () => resolve({ kind: "refused", said: "the connection was closed" }));
    client.connect({
      host: values.address,
      port,
      username: values.user,
      privateKey: values.privateKey,
      readyTimeout: seconds * 1000,
      hostVerifier: (key: Buffer) => {
        if (key.equals(keyOf(values.hostKey))) return true;
        shown = key;
        return false;
      },
    });
  }).finally(() => client.destroy());
}

/** What a failed try means for a person, and what to do about it. */
export function problemOf(result: Exclude<Attempt, { kind: "in" }>, values: Values): Problem {
  const { address, instanceId, region, user, hostKey, instanceUrn } = values;
  const replace = `pulumi up --replace '${instanceUrn}'`;
  switch (result.kind) {
    case "silent":
    case "unreachable":
      return {
        wrong: `Port ${PORT} of the server is closed to this computer`,
        received: `${address}: ${result.said}`,
        allowed:
          "an address that sshCidrs lets in, on a network that lets port 22 out, and an instance that runs",
        mend: `pulumi config set --path 'sshCidrs[0]' me && pulumi up; if the network here blocks port 22, use another (a phone's); whether the instance runs: aws ec2 describe-instance-status --include-all-instances --instance-ids ${instanceId} --region ${region}; if it is gone: pulumi up --refresh`,
      };
    case "refused":
      return {
        wrong: "The server does not take SSH connections",
        received: `${address}:${PORT}: ${result.said}`,
        allowed: "an SSH server that answers",
        mend: `aws ec2 reboot-instances --instance-ids ${instanceId} --region ${region}, then pulumi up; if the instance is gone: pulumi up --refresh`,
      };
    case "no-login":
      return {
        wrong: "The server does not accept this stack's key",
        received: `${user}@${address}: ${result.said}`,
        allowed: `the stack's public key in ~${user}/.ssh/authorized_keys`,
        mend: `put the key back, or make the machine anew (participants' files stay): ${replace}`,
      };
    case "other-host-key":
      return {
        wrong: "The server shows a host key that is not this stack's; nothing was sent to it",
        received: `${address}: ${result.fingerprint}`,
        allowed: `${fingerprint(keyOf(hostKey))} (${instanceId})`,
        mend: `find out who answers there; if the key was changed on the server by hand: ${replace}`,
      };
  }
}

/** Tries until it gets in, or until trying on makes no sense. */
async function getIn(values: Values): Promise<void> {
  const end = Date.now() + values.waitMinutes * 60_000;
  for (;;) {
    const left = Math.max(LOOK_SECONDS, Math.min(TRY_SECONDS, (end - Date.now()) / 1000));
    const result = await attempt(values, left);
    if (result.kind === "in") return;
    const final = result.kind === "other-host-key" || Date.now() + 1000 >= end;
    if (final) {
      const problem = problemOf(result, values);
      const stack = values.instanceUrn.split(":")[2] ?? "";
      throw new Error(formatProblem({ ...problem, mend: forStack(problem.mend, stack) }));
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
    const keys = Object.keys(news) as (keyof Values)[];
    if (keys.some((key) => olds[key] !== news[key])) return { changes: true };
    return { changes: (await attempt(news, LOOK_SECONDS)).kind !== "in" };
  },

  async update(_id, _olds, news) {
    await getIn(news);
    return { outs: news };
  },
};

/**
 * That this computer can log in to the server: port 22 is open to it, the machine shows the host
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
