/** The account stack of a lab: made by the account's root, for the operator whom the workshop is made with. */
import fs from "node:fs";
import path from "node:path";
import { parse, stringify } from "yaml";
import type { PolicyDocument } from "../../../components/operatorPolicy";
import type { SeenCalls } from "../../../rehearsal/cloud/seen";
import { succeeded, type Lab, type Ran } from "./lab";

export const ACCOUNT = "account";
const ROOT_KEY = "rehearsal";
/** The zone that the rehearsal's AWS account has. */
export const ZONE = "workshop.test";

/** The stack's outputs. */
export interface AccountOutputs {
  operator: string;
  accessKeyId: string;
  secretAccessKey: string;
  stateBucket: string;
  schedulerRole: string;
}

/** The committed configuration of an account stack, for the lab's AWS and its root. */
export function configureAccount(lab: Lab, changes: Record<string, unknown> = {}): void {
  const file = path.join(lab.project, `Pulumi.${ACCOUNT}.yaml`);
  const base = fs.existsSync(file) ? file : path.join(__dirname, "../../../Pulumi.account.yaml");
  const { config, ...others } = parse(fs.readFileSync(base, "utf8")) as {
    config: Record<string, unknown>;
  };
  const all = ["ec2", "iam", "route53", "s3", "sts"].map((it) => [it, lab.rehearsal.endpoint]);
  const wanted: Record<string, unknown> = {
    ...config,
    "aws:profile": undefined,
    "aws:endpoints": [Object.fromEntries(all)],
    "aws:s3UsePathStyle": "true",
    "aws:accessKey": ROOT_KEY,
    "aws:secretKey": ROOT_KEY,
    "aws:skipCredentialsValidation": "true",
    "aws:skipRequestingAccountId": "true",
    "aws:skipMetadataApiCheck": "true",
    "tljh-workshop:dnsZone": ZONE,
    ...changes,
  };
  const kept = Object.entries(wanted).filter(([, value]) => value !== undefined);
  fs.writeFileSync(file, stringify({ ...others, config: Object.fromEntries(kept) }));
}

/** What the account stack tells, with its secrets. */
export async function accountOutputs(lab: Lab): Promise<AccountOutputs> {
  const running = lab.start("stack", "output", "--json", "--show-secrets", "-s", ACCOUNT);
  await running.ended;
  return JSON.parse(running.stdout) as AccountOutputs;
}

/** The operator's policy as it lies in the account stack's state. */
export function policyOf(lab: Lab): PolicyDocument {
  const { checkpoint } = JSON.parse(lab.plainState(ACCOUNT)) as {
    checkpoint: { latest: { resources: { type: string; inputs: { policy: string } }[] } };
  };
  const found = checkpoint.latest.resources.find((one) => one.type === "aws:iam/policy:Policy");
  return JSON.parse(found?.inputs.policy ?? "{}") as PolicyDocument;
}

/** Makes the account stack; from then on the lab's own stack is the operator's, with no other key. */
export async function hireOperator(lab: Lab): Promise<AccountOutputs> {
  configureAccount(lab);
  await lab.pulumi("stack", "init", ACCOUNT, "--no-select");
  succeeded(await accountUp(lab));
  const outputs = await accountOutputs(lab);
  lab.configure({ "aws:accessKey": undefined, "aws:secretKey": undefined });
  lab.setEnv({
    AWS_ACCESS_KEY_ID: outputs.accessKeyId,
    AWS_SECRET_ACCESS_KEY: outputs.secretAccessKey,
  });
  return outputs;
}

export function accountUp(lab: Lab, ...args: string[]): Promise<Ran> {
  return lab.pulumi("up", "--yes", "--skip-preview", "-s", ACCOUNT, ...args);
}

/** What the lab's AWS has seen of an access key. */
export async function seenOf(lab: Lab, accessKeyId: string): Promise<SeenCalls> {
  const answer = await fetch(`${lab.rehearsal.endpoint}/rehearsal/calls`);
  const all = (await answer.json()) as Record<string, SeenCalls>;
  return all[accessKeyId] ?? { allowed: {}, refused: {}, made: {}, about: {} };
}
