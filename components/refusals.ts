/** What to do when AWS refuses something, for lack of rights or room or because it is there: said beside the provider's own error. */
import * as pulumi from "@pulumi/pulumi";
import { formatProblem, forStack, Problem } from "./text";

/**
 * The problem if AWS has refused an action for lack of rights.
 *
 * @param text the provider's error
 * @param what was being done, such as "create workshop-vpc"
 */
export function missingRight(text: string, what: string): Problem | undefined {
  if (!/UnauthorizedOperation|AccessDenied|not authorized to perform/.test(text)) return undefined;
  const [, service = "", call = ""] = /operation error (\w[\w ]*): (\w+)/.exec(text) ?? [];
  const [, named] = /not authorized to perform:? ([\w-]+:\w+)/.exec(text) ?? [];
  const action = named ?? (call ? `${service.toLowerCase().replace(/ /g, "")}:${call}` : "unknown");
  const [, user] = /User: (arn:\S+)/.exec(text) ?? [];
  const [, reason] = /\b(because [^.]+|with an explicit deny[^.]*)/.exec(text) ?? [];
  return {
    wrong: "The AWS user lacks a right that this stack needs",
    received: `${action}${user ? ` is refused to ${user}` : ""} (${what})${reason ? `, ${reason}` : ""}`,
    allowed:
      "what the operator's policy allows, in its regions, on what has the tag project=tljh-workshop: npm run -s policy",
    mend: "pulumi up --stack account, by the account's administrator (where IT makes the users: send IT what npm run -s policy prints); then pulumi up",
  };
}

/** Limits of an account in a region, by AWS's code: what they are about. */
const LIMITS: Readonly<Record<string, string>> = {
  VcpuLimitExceeded: "vCPUs of running instances",
  InstanceLimitExceeded: "running instances",
  AddressLimitExceeded: "Elastic IPs",
  VpcLimitExceeded: "VPCs",
};

/**
 * The problem if the account's limit in the region is reached.
 *
 * @param text the provider's error
 * @param what was being done, such as "create workshop-machine"
 */
export function limitReached(text: string, what: string, stack: string): Problem | undefined {
  const code = Object.keys(LIMITS).find((one) => text.includes(one));
  if (code === undefined) return undefined;
  const [, most] = /limit of (\d+)/.exec(text) ?? [];
  return {
    wrong: `The AWS account may have no more ${LIMITS[code]} in this region`,
    received: `${code} (${what})${most ? `, at a limit of ${most}` : ""}`,
    allowed:
      "what the account's quotas allow, which AWS raises on request: that takes hours to days",
    mend: `npm run preflight -- --stack ${stack}, which prints the request; or end what is not needed any more, or take another region. Then pulumi up`,
  };
}

/** AWS's codes for what it makes only once in a place. */
const ONCE = [
  "InvalidPermission.Duplicate",
  "RouteAlreadyExists",
  "Resource.AlreadyAssociated",
  "InvalidSubnet.Conflict",
];

/**
 * The problem if AWS has it already: it was made by an `up` that was killed before it knew.
 *
 * @param text the provider's error
 * @param what was being done, such as "create workshop-egress"
 */
export function alreadyThere(text: string, what: string, stack: string): Problem | undefined {
  const code = ONCE.find((one) => text.includes(one));
  if (code === undefined) return undefined;
  return {
    wrong: "AWS has this already, and the stack does not know of it",
    received: `${code} (${what})`,
    allowed: "one of it; an `up` that was killed leaves such things",
    mend: `npm run sweep -- --stack ${stack} --remove, which shows all that is left over and asks first; then pulumi up`,
  };
}

/**
 * From here on, a resource of AWS that fails for lack of rights or room says how to get them. Where Pulumi is
 * too old for that, AWS's own words must do.
 */
export async function explainRefusals(): Promise<void> {
  const explain = new pulumi.ErrorHook("missing-rights", explainRefusal);
  if (!(await isRegistered(explain))) return;
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!type.startsWith("aws:")) return undefined;
    return { props, opts: { ...opts, hooks: { ...opts.hooks, onError: [explain] } } };
  });
}

/** Prints the problem. Never asks for another try: neither rights nor room come by themselves. */
export async function explainRefusal(args: pulumi.ErrorHookArgs): Promise<boolean> {
  const { errors, failedOperation, name } = args;
  const [text = ""] = errors;
  const what = `${failedOperation} ${name}`;
  const stack = pulumi.getStack();
  const problem =
    missingRight(text, what) ?? limitReached(text, what, stack) ?? alreadyThere(text, what, stack);
  if (problem) {
    const mend = forStack(problem.mend, stack);
    await pulumi.log.error(formatProblem({ ...problem, mend }));
  }
  return false;
}

/** The engine's answer, which the SDK would otherwise only look at with the first resource. */
async function isRegistered(hook: pulumi.ErrorHook): Promise<boolean> {
  const { __registered: answer } = hook as unknown as { __registered: Promise<void> };
  return answer.then(
    () => true,
    () => false,
  );
}
