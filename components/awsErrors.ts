/** What AWS's answers mean for a person. */
import { ConfigurationError, type Settings } from "./config";
import { missingRight } from "./refusals";
import type { Problem } from "./text";

/** AWS does not have what the configuration asks for. */
export class Refusal extends Error {
  constructor(readonly problems: Problem[]) {
    super(problems.map(({ wrong }) => wrong).join("; "));
  }
}

/** An error of the AWS provider, with what is usually behind it. */
export function awsFault(
  error: unknown,
  { region, profile }: Pick<Settings, "region" | "profile">,
): Error {
  const text = error instanceof Error ? error.message : String(error);
  const right = missingRight(text, "a look-up");
  if (right) return new ConfigurationError("AWS refuses what the stack needs", [right]);
  const as = profile ? ` --profile ${profile}` : "";
  return new ConfigurationError("AWS did not answer as expected", [
    {
      wrong: "A look-up in AWS failed",
      received: text.trim().replace(/\s*\n\s*/g, " "),
      allowed: "credentials that are valid and may describe EC2, and a region that is enabled",
      mend: `aws sts get-caller-identity${as} --region ${region}, until it names you; then pulumi up`,
    },
  ]);
}
