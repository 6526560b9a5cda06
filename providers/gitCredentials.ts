/**
 * The token for private repositories on the server, as a resource that can be rotated.
 *
 * What is written there, and why: gitAccess.ts. What the host says of a token: gitToken.ts. What
 * happens on the server: scripts/server/git-credentials.sh.
 */
import * as pulumi from "@pulumi/pulumi";
import { assignments } from "../components/shell";
import { formatProblem, formatProblems, forStack, type Problem } from "../components/text";
import { gitConfig, traefikRule, type GitAccessMode } from "./gitAccess";
import { credentialsFile, tokenFingerprint } from "./gitCredentialsFile";
import {
  expiryOf,
  expiryProblem,
  tokenPage,
  tokenWarnings,
  trialProblems,
  type ExpiryArgs,
  type Told,
  type Trial,
} from "./gitToken";
import { runOnServer, type Machine, type MachineArgs, type Ran } from "./ssh";
import { inputsChanged } from "./changedInputs";

export interface GitCredentialsArgs extends MachineArgs {
  /** Of the repositories, such as github.com. */
  host: pulumi.Input<string>;
  /** Address of the host's REST API; empty: it has none that is known. */
  api: pulumi.Input<string>;
  username: pulumi.Input<string>;
  /** Secret, in the state too. */
  token: pulumi.Input<string>;
  access: pulumi.Input<GitAccessMode>;
  /** Paths such as river-lab/groundwater-course: what the token must be able to read. */
  repositories: pulumi.Input<pulumi.Input<string>[]>;
  /** The day that the person was told, such as 2026-12-24; empty: none. */
  expires: pulumi.Input<string>;
  /** Of the course; empty: none. */
  lastDay: pulumi.Input<string>;
  /** Text of scripts/server/git-credentials.sh, with what the steps share. */
  script: pulumi.Input<string>;
}

export interface GitCredentialsInputs extends pulumi.Unwrap<GitCredentialsArgs> {
  /** First 12 hexadecimal digits of the token's SHA-256: what a preview shows of a new one. */
  fingerprint: string;
}

/** What is known once the token is in force. */
export interface GitCredentialsOutputs extends GitCredentialsInputs {
  /** Of the credentials file on the server. */
  path: string;
  /** Of the token that this one took the place of; empty: there was none. */
  formerFingerprint: string;
  /** When the token was put in force and proved, in ISO 8601. */
  verifiedAt: string;
  /** Its last day, as the host tells or the configuration says; empty: not known. */
  validUntil: string;
  /** What a person should know about it. */
  warnings: string[];
  /** What `pulumi refresh` found to be different on the server. */
  drift: string[];
}

type Action = "try" | "switch" | "look" | "remove";

const PATH = "/etc/git-credentials";

const LIMIT_SECONDS: Record<Action, number> = { try: 300, switch: 300, look: 60, remove: 25 };

/** The script for the server, with the values it needs. */
export function textFor(action: Action, values: GitCredentialsInputs): string {
  const { access, host, api, username, token, fingerprint, repositories, script, stack } = values;
  const isSealed = access === "sealed";
  return (
    assignments({
      STACK: stack,
      ACTION: action,
      ACCESS: access,
      HOST: host,
      API: api,
      REPOSITORIES: repositories,
      LOGIN: Buffer.from(`${username}:${token}`, "utf8").toString("base64"),
      CREDENTIALS: credentialsFile([{ host, username, token }]),
      RULE: isSealed ? traefikRule({ host, username, token, repositories }) : "",
      GIT_CONFIG: gitConfig(access, host, repositories),
      FINGERPRINT: fingerprint,
    }) + script
  );
}

async function run(action: Action, values: GitCredentialsInputs): Promise<Ran> {
  const machine: Machine = values;
  const ran = await runOnServer(machine, textFor(action, values), LIMIT_SECONDS[action]);
  if (ran.status === 0) return ran;
  const { status, stderr } = ran;
  const said = stderr.trim();
  if (status !== 124 && status !== -1 && said !== "") throw new Error(said);
  throw new Error(
    formatProblem({
      wrong: `The git credentials: \`${action}\` did not come to an end on the server`,
      received: status === -1 ? "the connection broke" : `exit status ${status} ${said}`,
      allowed: `an end within ${LIMIT_SECONDS[action]} s`,
      mend: `pulumi up --stack ${values.stack}`,
    }),
  );
}

/** Lines of the form `WORD<tab>…`. */
function records(text: string, word: string): string[][] {
  return text
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([first]) => first === word)
    .map((fields) => fields.slice(1));
}

export function parseTrial(stdout: string): { trials: Trial[]; told: Told } {
  const trials = records(stdout, "trial").map(([repository = "", status = "0", said = ""]) => ({
    repository,
    status: Number(status),
    said,
  }));
  const [[expiration = "", scopes = ""] = []] = records(stdout, "told");
  return { trials, told: { expiration, scopes } };
}

function refuse(values: GitCredentialsInputs, former: string, problems: readonly Problem[]): never {
  const kept =
    former === ""
      ? "The token was not taken, and nothing was changed on the server"
      : `The new token was not taken; the one before (${former}) stays in force`;
  const mended = problems.map((one) => ({ ...one, mend: forStack(one.mend, values.stack) }));
  throw new Error(formatProblems(kept, mended));
}

/** Tries the token, and only when all is well puts it in force. */
async function apply(
  values: GitCredentialsInputs,
  former?: GitCredentialsOutputs,
): Promise<GitCredentialsOutputs> {
  const { stack, host, expires, lastDay, fingerprint } = values;
  const { trials, told } = parseTrial((await run("try", values)).stdout);
  const expiry: ExpiryArgs = {
    told,
    configured: expires,
    lastDay,
    first: former === undefined,
    today: new Date().toISOString().slice(0, 10),
    place: { host, stack },
  };
  const problems = trialProblems(trials, expiry.place);
  const tooEarly = problems.length === 0 ? expiryProblem(expiry) : undefined;
  if (tooEarly) problems.push(tooEarly);
  if (problems.length > 0) refuse(values, former?.fingerprint ?? "", problems);

  await run("switch", values);
  const isOther = former !== undefined && former.fingerprint !== fingerprint;
  return {
    ...values,
    path: PATH,
    formerFingerprint: isOther ? former.fingerprint : (former?.formerFingerprint ?? ""),
    verifiedAt: new Date().toISOString(),
    validUntil: expiryOf(expiry).expires,
    warnings: tokenWarnings(expiry).map((warning) => forStack(warning, stack)),
    drift: [],
  };
}

/** What is different on the server from what should be there; nothing when it can't be reached. */
async function look(values: GitCredentialsInputs): Promise<string[] | undefined> {
  try {
    return records((await run("look", values)).stdout, "drift").map(([text = ""]) => text);
  } catch {
    return undefined;
  }
}

export const provider: pulumi.dynamic.ResourceProvider<
  GitCredentialsInputs,
  GitCredentialsOutputs
> = {
  async create(inputs) {
    return { id: `${inputs.host}${PATH}`, outs: await apply(inputs) };
  },

  async read(id, props) {
    if (props === undefined) return { id, props };
    const drift = await look(props);
    if (drift === undefined) {
      console.error(
        `The git credentials could not be looked at: ${props.address} does not answer; what is known of them stays`,
      );
      return { id, props };
    }
    return { id, props: { ...props, drift } };
  },

  /** Always an update: the delete of a replacement would come last and remove the new token. */
  async diff(_id, olds, news) {
    const changed = inputsChanged(olds, news);
    if (changed || olds.drift.length > 0) return { changes: true, replaces: [] };
    const drift = await look(olds);
    return { changes: drift !== undefined && drift.length > 0, replaces: [] };
  },

  async update(_id, olds, news) {
    return { outs: await apply(news, olds) };
  },

  /** One try: the server may be gone, and `destroy` must go on. */
  async delete(_id, props) {
    const { address, host } = props;
    try {
      await run("remove", props);
    } catch {
      console.error(`The git credentials were not removed: ${address} does not answer`);
    }
    console.error(`The token ${props.fingerprint} is still valid. Revoke it: ${tokenPage(host)}`);
  },
};

/**
 * The token with which the server reads private repositories: `/etc/git-credentials`, git's
 * configuration, and with access `sealed` a rule of the hub's proxy.
 *
 * A changed token is one update of this resource and of no other. It is tried on the server against
 * every repository before anything is switched; refused, the one before stays in force. No service is
 * restarted, and a pull under way is not disturbed. It is done when a request the participants' way
 * carries the new token.
 *
 * Costs nothing. Errors: the host refuses the token for a repository (401, 403, 404, moved), cannot
 * be reached, tells an earlier end of the token than configured; the token ends before the course
 * does; the server cannot be reached.
 */
export class GitCredentials extends pulumi.dynamic.Resource {
  declare readonly path: pulumi.Output<string>;
  declare readonly fingerprint: pulumi.Output<string>;
  declare readonly formerFingerprint: pulumi.Output<string>;
  declare readonly verifiedAt: pulumi.Output<string>;
  declare readonly validUntil: pulumi.Output<string>;
  declare readonly warnings: pulumi.Output<string[]>;

  constructor(name: string, args: GitCredentialsArgs, opts?: pulumi.CustomResourceOptions) {
    const computed = {
      path: undefined,
      formerFingerprint: undefined,
      verifiedAt: undefined,
      validUntil: undefined,
      warnings: undefined,
      drift: undefined,
    };
    super(
      provider,
      name,
      {
        ...computed,
        ...args,
        privateKey: pulumi.secret(args.privateKey),
        token: pulumi.secret(args.token),
        // It gives nothing of the token away.
        fingerprint: pulumi.unsecret(pulumi.output(args.token).apply(tokenFingerprint)),
      },
      pulumi.mergeOptions({ additionalSecretOutputs: ["privateKey", "token"] }, opts),
      "tljh",
      "GitCredentials",
    );
  }
}
