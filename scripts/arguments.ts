/** What the commands share that a person runs with arguments. */
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
