/**
 * The hub's accounts, looked at on each preview and `up`: one that was deleted in the hub's admin
 * page, or that has lost its password, comes back. A dynamic resource, because a step on the server
 * runs only when its own text or values change.
 *
 * What happens on the server: scripts/server/accounts.sh and the programs of its folder.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../components/accountList";
import { assignments } from "../components/shell";
import { formatProblem } from "../components/text";
import { runOnServer, type Machine, type MachineArgs, type Ran } from "./ssh";
import { inputsChanged } from "./changedInputs";

/** An account, as the server is told of it. */
export interface WantedAccount {
  name: string;
  role: Role;
}

export interface AccountsArgs extends MachineArgs {
  accounts: pulumi.Input<pulumi.Input<WantedAccount>[]>;
  /** Name to password, as first given. Secret, in the state too. */
  passwords: pulumi.Input<Record<string, string>>;
  /** Text of scripts/server/accounts.sh, with what the steps share. */
  script: pulumi.Input<string>;
  /** File name to text of the programs that it runs. */
  programs: pulumi.Input<Record<string, string>>;
}

export type AccountsInputs = pulumi.Unwrap<AccountsArgs>;

export interface AccountsOutputs extends AccountsInputs {
  /** When something was last changed, in ISO 8601. */
  changedAt: string;
  /** Accounts that were removed then, and whose files are still there. */
  leftFiles: string[];
}

/** A line that the server prints. */
type Fact =
  | { kind: "wrong"; wrong: string[] }
  | { kind: "removed"; name: string; account: boolean; home: string }
  | { kind: "password" | "account"; name: string };

const LIMIT_SECONDS = { look: 60, set: 600 };

/** What the server's script prints, but for its words to people. */
function factsOf(stdout: string): Fact[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Fact);
}

/** The script as it is sent. */
export function accountsText(
  action: "look" | "set",
  values: AccountsInputs,
  removed: readonly string[] = [],
): string {
  const { accounts, passwords, script, programs, stack } = values;
  const request = {
    do: action,
    stack,
    accounts: accounts.map(({ name, role }) =>
      action === "set" ? { name, role, password: passwords[name] ?? "" } : { name, role },
    ),
    removed,
  };
  const admins = accounts.filter(({ role }) => role === "admin").map(({ name }) => name);
  return (
    assignments({
      STACK: stack,
      REQUEST: JSON.stringify(request),
      PROGRAMS: programs,
      ...(action === "set" && { ADMINS: admins }),
    }) + script
  );
}

async function run(
  action: "look" | "set",
  values: AccountsInputs,
  removed: readonly string[] = [],
): Promise<Fact[]> {
  const machine: Machine = values;
  const ran = await runOnServer(
    machine,
    accountsText(action, values, removed),
    LIMIT_SECONDS[action],
  );
  if (ran.status === 0) return factsOf(ran.stdout);
  throw new Error(failureOf(ran, action, values.stack));
}

function failureOf({ status, stderr }: Ran, action: "look" | "set", stack: string): string {
  if (status !== 124 && status !== -1 && stderr.trim() !== "") return stderr.trimEnd();
  return formatProblem({
    wrong: "The accounts were not finished on the server",
    received: status === -1 ? "the connection broke" : `status ${status} ${stderr.trim()}`,
    allowed: `an end within ${LIMIT_SECONDS[action]} s`,
    mend: `pulumi up --stack ${stack}`,
  });
}

/** Makes all that is missing, and removes who is on the old list and not on the new one. */
async function bring(
  values: AccountsInputs,
  before: readonly WantedAccount[],
): Promise<AccountsOutputs> {
  const wanted = new Set(values.accounts.map(({ name }) => name));
  const removed = before.map(({ name }) => name).filter((name) => !wanted.has(name));
  const facts = await run("set", values, removed);
  return {
    ...values,
    changedAt: new Date().toISOString(),
    leftFiles: facts.flatMap((fact) =>
      fact.kind === "removed" && fact.home !== "" ? [fact.name] : [],
    ),
  };
}

export const provider: pulumi.dynamic.ResourceProvider<AccountsInputs, AccountsOutputs> = {
  async create(inputs) {
    return { id: "accounts", outs: await bring(inputs, []) };
  },

  /** Looks each time. A server that can't be reached now is no change. */
  async diff(_id, olds, news) {
    if (inputsChanged(olds, news)) {
      return { changes: true, replaces: [] };
    }
    try {
      const facts = await run("look", news);
      return {
        changes: facts.some((fact) => fact.kind === "wrong" && fact.wrong.length > 0),
        replaces: [],
      };
    } catch {
      return { changes: false };
    }
  },

  async update(_id, olds, news) {
    return { outs: await bring(news, olds.accounts) };
  },
};

/**
 * An account on the hub for each name, with a password that was made for it, so that no first
 * visitor can take a name. Admins have sudo; helpers may open participants' servers.
 *
 * A password is set where there is none; one that its owner has changed stays. Who is no longer on
 * the list loses account and password, and keeps the files. Another list of admins restarts the hub,
 * and nobody's notebooks; nothing else does.
 *
 * Costs nothing; takes some seconds for twenty new accounts, a second at each preview. Errors: the
 * hub does not answer or refuses a change; the server cannot be reached.
 */
export class HubAccounts extends pulumi.dynamic.Resource {
  declare readonly changedAt: pulumi.Output<string>;
  declare readonly leftFiles: pulumi.Output<string[]>;

  constructor(name: string, args: AccountsArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      {
        changedAt: undefined,
        leftFiles: undefined,
        ...args,
        privateKey: pulumi.secret(args.privateKey),
        passwords: pulumi.secret(args.passwords),
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKey", "passwords"] }, opts),
      "tljh",
      "HubAccounts",
    );
  }
}
