/** What the commands share that a person runs with arguments. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { formatProblem, nearest } from "../components/text";

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

/**
 * The option that `parseArgs` did not understand, and the nearest that there is.
 *
 * @param error that it threw
 * @param options names, without dashes
 */
export function wrongOption(
  error: unknown,
  options: readonly string[],
): { option: string; near?: string } {
  const { message } = error as Error;
  const option = /'(?:-\w, )?(--?[^'\s=]+)/.exec(message)?.[1] ?? "";
  const near = nearest(
    option,
    options.map((one) => `--${one}`),
  );
  return { option, ...(near !== undefined && { near }) };
}

/**
 * What a command is asked to do.
 *
 * @param command its name among npm's scripts
 * @param words all that it knows
 * @param fallback is suggested where none is near
 * @param misused makes the error
 */
export function knownWord<T extends string>(
  command: string,
  words: readonly T[],
  fallback: T,
  word: string,
  misused: ReturnType<typeof misuseOf>,
): T {
  const known = words.find((one) => one === word);
  if (known !== undefined) return known;
  const wrong = word === "" ? "What to do is missing" : `${command} does not know the word ${word}`;
  throw misused(wrong, word, `npm run ${command} -- ${nearest(word, words) ?? fallback}`);
}

/**
 * The options and words of a command, as `parseArgs` reads them.
 *
 * @param misused makes the error
 * @param mend of an option that is not understood, from the nearest that there is
 * @throws Error in the one shape, when an option is not understood
 */
export function optionsOf<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
  misused: ReturnType<typeof misuseOf>,
  mend = (near?: string) => (near ? `the command with ${near}` : "the command without it"),
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { option, near } = wrongOption(error, Object.keys(options));
    throw misused(`The option ${option} cannot be used so`, args.join(" "), mend(near));
  }
}
