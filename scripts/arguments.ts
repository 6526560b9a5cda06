/** What the commands share that a person runs with arguments. */
import { parseArgs } from "node:util";
import { formatProblem, nearest } from "../components/text";
import { commandLine, mendedWords, withWord, type Options } from "./commandLine";

/** Makes errors about a command's arguments, in the one shape, from what the command takes. */
export function misuseOf(usage: string) {
  return (wrong: string, received: string, mend: string): Error =>
    new Error(
      formatProblem({
        wrong,
        received: received === "" ? "nothing" : received,
        allowed: usage,
        mend,
      }),
    );
}

/** The option that `parseArgs` did not understand; empty: a word where none belongs. */
function wrongOption(error: unknown): string {
  return /'(?:-\w, )?(--?[^'\s=]+)/.exec((error as Error).message)?.[1] ?? "";
}

/**
 * What a command is asked to do.
 *
 * @param command as it is typed, such as `npm run user`
 * @param words all that it knows
 * @param fallback is suggested where none is near
 * @param args all that was typed after it
 * @param word the one in question
 * @param misused makes the error
 */
export function knownWord<T extends string>(
  command: string,
  words: readonly T[],
  fallback: T,
  [args, word]: readonly [readonly string[], string],
  misused: ReturnType<typeof misuseOf>,
): T {
  const known = words.find((one) => one === word);
  if (known !== undefined) return known;
  const name = command.split(" ").at(-1);
  const wrong = word === "" ? "What to do is missing" : `${name} does not know the word ${word}`;
  const near = nearest(word, words);
  const meant = near === undefined ? [fallback] : withWord(args, word, near);
  throw misused(wrong, word, commandLine(command, meant));
}

/**
 * The options and words of a command, as `parseArgs` reads them.
 *
 * @param command as it is typed, such as `npm run user`
 * @param misused makes the error
 * @throws Error in the one shape, with the whole command put right, when an option is not understood
 */
export function optionsOf<T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
  misused: ReturnType<typeof misuseOf>,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw misused(
      `The option ${wrongOption(error)} cannot be used so`,
      args.join(" "),
      commandLine(command, mendedWords(args, options)),
    );
  }
}

/**
 * The stack that a command is for, where it takes nothing else.
 *
 * @param command as it is typed, such as `npm run ssh-key`
 * @throws Error in the one shape, when the words are not understood
 */
export function namedStack(command: string, args: readonly string[]): { stack?: string } {
  const misused = misuseOf("--stack NAME");
  const options = { stack: { type: "string", short: "s" } } as const;
  const { values, positionals } = optionsOf(command, args, options, misused);
  if (positionals.length === 0) return { ...values };
  const mend = commandLine(command, ["--stack", ...positionals.slice(0, 1)]);
  throw misused("There are words too many", positionals.join(" "), mend);
}
