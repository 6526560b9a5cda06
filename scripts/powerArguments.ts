/** What a person asks `npm run stop` and `npm run start` for. */
import { knownWord, misuseOf, optionsOf } from "./arguments";

export interface PowerRequest {
  do: "stop" | "start";
  /** Of `stop`: also while people work. */
  yes: boolean;
  stack?: string;
}

const WORDS = ["stop", "start"] as const;
const OPTIONS = {
  stack: { type: "string", short: "s" },
  yes: { type: "boolean", short: "y" },
} as const;

/**
 * @param args the word that npm's script puts first, and what the person wrote
 * @throws Error in the one shape, when the words are not understood
 */
export function parsePowerArguments(args: readonly string[]): PowerRequest {
  const [word = "", ...words] = args;
  const misused = misuseOf(
    word === "start" ? "--stack NAME" : "--stack NAME; --yes: also while people work",
  );
  const known = knownWord("npm run", WORDS, "start", [[word], word], misused);
  const { values, positionals } = optionsOf(`npm run ${known}`, words, OPTIONS, misused);
  if (positionals.length > 0) {
    const rest = positionals.join(" ");
    throw misused("There are words too many", rest, `npm run ${known} -- --stack ${rest}`);
  }
  if (known === "start" && values.yes) {
    throw misused("--yes belongs to stop", "--yes", "npm run start -- --stack NAME");
  }
  return {
    do: known,
    yes: values.yes ?? false,
    ...(values.stack !== undefined && { stack: values.stack }),
  };
}
