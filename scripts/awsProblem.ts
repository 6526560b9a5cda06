/** What an error of AWS's own SDK means for a person. */
import { missingRight } from "../components/refusals";
import { forStack, type Problem } from "../components/text";

/** Where AWS was asked. */
export interface Asked {
  stack: string;
  region: string;
  profile?: string;
}

/**
 * @param error that AWS's SDK threw
 * @param what was being done, such as "start i-0abc"
 * @param again the command that did it
 */
export function awsProblem(error: unknown, what: string, asked: Asked, again: string): Problem {
  const { stack, region, profile } = asked;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const right = missingRight(`${name}: ${message}`, what);
  if (right) return { ...right, mend: forStack(right.mend, stack) };
  const as = profile ? ` --profile ${profile}` : "";
  if (/^(InsufficientInstanceCapacity|InsufficientHostCapacity)/.test(name)) {
    return {
      wrong: "AWS has no free machine of this type in the zone now",
      received: `${what}: ${name}`,
      allowed: "a free one: mostly again after some minutes",
      mend: `${again}, in some minutes`,
    };
  }
  return {
    wrong: "AWS did not answer as expected",
    received: `${what}: ${name}: ${message.trim().replace(/\s*\n\s*/g, " ")}`,
    allowed: "valid credentials, and an answer in time",
    mend: `aws sts get-caller-identity${as} --region ${region}, until it names you; then ${again}`,
  };
}
