/** The command that a person typed, put right: what an error about its words proposes. Pure. */
import type { ParseArgsConfig } from "node:util";
import { quote } from "../components/shell";
import { nearest } from "../components/text";

export type Options = NonNullable<ParseArgsConfig["options"]>;

/** A command as it can be pasted: a word that a shell would change is quoted. */
export function commandLine(command: string, words: readonly string[]): string {
  const shown = words.map((word) => (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : quote(word)));
  return words.length === 0 ? command : `${command} -- ${shown.join(" ")}`;
}

/** The same words with one in another's place. */
export function withWord(words: readonly string[], before: string, after: string): string[] {
  const at = words.indexOf(before);
  return words.map((word, index) => (index === at ? after : word));
}

/** The same words without an option, and without the value that it takes. */
export function withoutOption(
  words: readonly string[],
  option: string,
  options: Options,
): string[] {
  const takesValue = options[option]?.type === "string";
  return words.filter((word, index) => {
    if (word === `--${option}` || word.startsWith(`--${option}=`)) return false;
    return !(takesValue && words[index - 1] === `--${option}`);
  });
}

/**
 * The words with each option as the command has it: a misspelt one becomes the nearest that there is,
 * one that is near to none goes, and a value that is missing is named.
 */
export function mendedWords(words: readonly string[], options: Options): string[] {
  return words.flatMap((word, index) => {
    const [, name = "", value] = /^--([^=]+)(=.*)?$/s.exec(word) ?? [];
    if (name === "") return isUnknownLetter(word, options) ? [] : [word];
    const meant = name in options ? name : nearest(name, Object.keys(options));
    if (meant === undefined) return [];
    if (options[meant]?.type !== "string") return [`--${meant}`];
    const next = words[index + 1];
    const isComplete = value !== undefined || (next !== undefined && !next.startsWith("-"));
    return [`--${meant}${value ?? ""}`, ...(isComplete ? [] : [meant === "stack" ? "NAME" : "…"])];
  });
}

function isUnknownLetter(word: string, options: Options): boolean {
  const [, letter] = /^-([^-])/.exec(word) ?? [];
  return letter !== undefined && !Object.values(options).some(({ short }) => short === letter);
}
