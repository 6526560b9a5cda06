/** What a person asks `npm run new` for. */
import { misuseOf, optionsOf } from "./arguments";
import type { Answers } from "./newFile";

export interface NewRequest {
  /** Name of the new stack, if it was given. */
  name?: string;
  /** Name of the stack whose file is copied. */
  from?: string;
  /** Asks nothing: what has no option has its default. */
  yes: boolean;
  answers: Answers;
}

const OPTIONS = {
  from: { type: "string" },
  yes: { type: "boolean", short: "y" },
  region: { type: "string" },
  domain: { type: "string" },
  email: { type: "string" },
  admins: { type: "string" },
  participants: { type: "string" },
  course: { type: "string" },
  days: { type: "string" },
} as const;
const USAGE =
  "NAME; --from OLD copies a stack's file; --region, --domain, --email, --admins a,b, --participants, --course org/repo,…, --days FIRST,LAST answer a question each; --yes asks nothing";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseNewArguments(args: readonly string[]): NewRequest {
  const { values, positionals } = optionsOf("npm run new", args, OPTIONS, misused);
  const [name, ...rest] = positionals;
  if (rest.length > 0) {
    throw misused("There are words too many", rest.join(" "), `npm run new -- ${name}`);
  }
  const { from, yes, ...given } = values;
  return {
    ...(name !== undefined && { name }),
    ...(from !== undefined && { from }),
    yes: yes ?? false,
    answers: given,
  };
}
