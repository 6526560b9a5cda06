import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { HubAccounts } from "../providers/accounts";
import { accountsOf, type People, type Role } from "./accountList";
import { passwordFor } from "./password";
import { scriptSource, Server, serverPrograms, SSH_USER } from "./server";

export interface AccountsArgs extends People {
  server: Server;
  region: string;
  /** Snapshot that the data volume was made of, whose passwords stay in force. */
  dataSnapshot?: string;
}

/**
 * The accounts of admins, helpers and participants, and some spare ones, each with a password. They
 * are there before the doors open.
 *
 * Costs nothing. See `HubAccounts` for what stays and what is removed.
 */
export class Accounts extends pulumi.ComponentResource {
  /** The names of each role that anybody has. */
  readonly names: Partial<Record<Role, string>>;
  /** Account to password, as first given; a person who changed theirs keeps the new one. Secret. */
  readonly passwords: pulumi.Output<Record<string, string>>;
  /** Of which each password is made, with the account's name. Secret. */
  readonly passwordSeed: pulumi.Output<string>;

  constructor(name: string, args: AccountsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Accounts", name, {}, opts);
    const { server, region } = args;
    const stack = pulumi.getStack();
    const { accounts } = accountsOf(args);
    const roles = [...new Set(accounts.map(({ role }) => role))];
    this.names = Object.fromEntries(
      roles.map((role) => [
        role,
        accounts.flatMap((it) => (it.role === role ? it.name : [])).join(", "),
      ]),
    );

    // A key pair that nobody logs in with: 256 random bits, made once and kept as a secret. In
    // stacks of earlier versions it belonged to another component.
    const seed = new tls.PrivateKey(
      `${name}-password-seed`,
      { algorithm: "ED25519" },
      { parent: this, aliases: [{ parent: pulumi.createUrn(name, "tljh:index:Tljh") }] },
    );
    this.passwordSeed = pulumi.secret(seed.privateKeyOpenssh);
    this.passwords = pulumi.secret(
      this.passwordSeed.apply((text) =>
        Object.fromEntries(accounts.map((it) => [it.name, passwordFor(text, it.name)])),
      ),
    );
    const startedAt = new Date().toISOString();
    const onHub = new HubAccounts(
      `${name}-accounts`,
      {
        ...server,
        user: SSH_USER,
        region,
        stack,
        accounts: accounts.map((it) => ({ name: it.name, role: it.role })),
        passwords: this.passwords,
        script: scriptSource("accounts"),
        programs: serverPrograms("accounts"),
      },
      { parent: this },
    );
    onHub.changedAt.apply((changedAt) => {
      if (args.dataSnapshot === undefined || changedAt <= startedAt) return;
      void pulumi.log.warn(
        `Accounts of ${args.dataSnapshot} keep the passwords that they had; \`passwords\` is of the others. ` +
          `Who has which: npm run slips -- --stack ${stack}; a new one: npm run user -- reset NAME --stack ${stack}`,
        onHub,
      );
    });
    pulumi.all([onHub.changedAt, onHub.leftFiles]).apply(([changedAt, left]) => {
      if (!left?.length || changedAt <= startedAt) return;
      void pulumi.log.warn(
        `No longer accounts: ${left.join(", ")}. Their files are still on the server. To delete them: ` +
          left.map((it) => `npm run user -- remove ${it} --files --stack ${stack}`).join("; "),
        onHub,
      );
    });
    this.registerOutputs({});
  }
}
