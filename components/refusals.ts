/** What to do when AWS refuses the user something: said beside the provider's own error. */
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

/**
 * From here on, a resource of AWS that fails for lack of rights says how to get them; where Pulumi's
 * language host does not know such hooks yet, AWS's own words have to do.
 */
export async function explainRefusals(): Promise<void> {
  const stack = pulumi.getStack();
  const explain = new pulumi.ErrorHook(
    "missing-rights",
    async ({ errors, failedOperation, name }) => {
      const problem = missingRight(errors[0] ?? "", `${failedOperation} ${name}`);
      if (problem) {
        await pulumi.log.error(formatProblem({ ...problem, mend: forStack(problem.mend, stack) }));
      }
      // Never tried again: rights do not come by themselves.
      return false;
    },
  );
  const { __registered: registered } = explain as unknown as { __registered: Promise<void> };
  const isKnown = await registered.then(
    () => true,
    () => false,
  );
  if (!isKnown) return;
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!type.startsWith("aws:")) return undefined;
    return { props, opts: { ...opts, hooks: { ...opts.hooks, onError: [explain] } } };
  });
}
