/**
 * Puts the operator's access key into a profile of the AWS CLI, on the computer of whoever makes
 * workshops.
 *
 *   npm run operator-key -- --stack account --profile work
 *
 * The key goes from the stack's state into ~/.aws/credentials, which only its owner can read, and
 * through no command line, log or clipboard. Safe to run again.
 */
import { misuseOf, optionsOf } from "./arguments";
import { saveProfile, type KeyOutputs } from "./operatorKeyFiles";
import { askPulumi } from "./stackServer";

const OPTIONS = {
  stack: { type: "string", short: "s", default: "account" },
  profile: { type: "string", short: "p", default: "work" },
} as const;
const misused = misuseOf("--stack NAME (account), --profile NAME (work)");

function main(): void {
  const { values } = optionsOf("npm run operator-key", process.argv.slice(2), OPTIONS, misused);
  const { stack, profile } = values;
  const printed = askPulumi("stack", "output", "--json", "--show-secrets", "--stack", stack);
  const saved = saveProfile(JSON.parse(printed) as Partial<KeyOutputs>, profile, stack);
  for (const file of saved) console.log(`Saved the profile ${profile} in ${file}`);
  console.log(`aws sts get-caller-identity --profile ${profile}`);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
