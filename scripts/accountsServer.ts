/** What the commands for accounts send to the server, and what it tells. */
import type { Role } from "../components/accountList";
import { serverPrograms } from "../components/server";
import { formatProblem } from "../components/text";
import type { StackServer } from "./stackServer";

/** What is known of a password: still the one that was first given, another, or there is none. */
export type PasswordState = "given" | "own" | "none";

/** A line that scripts/server/accounts/accounts.py prints. */
export type AccountFact =
  | { kind: "password" | "account"; name: string }
  | { kind: "removed"; name: string; account: boolean; home: string }
  | { kind: "passwords"; states: Record<string, PasswordState> }
  | Listed;

/** Somebody who has an account. */
export interface Listed {
  kind: "user";
  name: string;
  admin: boolean;
  groups: string[];
  password: PasswordState;
  /** When the person was last here, in ISO 8601; empty: never. */
  seen: string;
  /** Whether the person's server runs. */
  server: boolean;
  /** Of the home folder; -1: there are too many files to count in time. */
  bytes: number;
}

/** What the server is asked for. */
export type AccountsRequest =
  | { do: "set"; accounts: { name: string; role: Role; password: string }[] }
  | { do: "reset" | "check" | "list"; accounts: { name: string; password: string }[] }
  | { do: "remove"; removed: string[]; files: boolean };

const LIMIT_SECONDS = 180;

/** @throws Error with the server's own error text */
export async function askAccounts(
  server: StackServer,
  request: AccountsRequest,
): Promise<AccountFact[]> {
  const ran = await server.run(
    "accounts",
    {
      REQUEST: JSON.stringify({ ...request, stack: server.stack }),
      PROGRAMS: serverPrograms("accounts"),
    },
    { limitSeconds: LIMIT_SECONDS },
  );
  return ran.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as AccountFact);
}

/** What passwords are made of. */
export function seedOf({ outputs, stack }: StackServer): string {
  const { passwordSeed } = outputs;
  if (typeof passwordSeed === "string") return passwordSeed;
  throw new Error(
    formatProblem({
      wrong: `The stack ${stack} was brought up by an earlier version, without accounts`,
      received: `outputs: ${Object.keys(outputs).join(", ")}`,
      allowed: "an output passwordSeed",
      mend: `pulumi up --stack ${stack}`,
    }),
  );
}
