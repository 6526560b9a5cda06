/** The one shape of error texts, and the nearest allowed word to a misspelt one. */
import { closest, distance } from "fastest-levenshtein";

/**
 * One problem a user can mend, in the one shape that all errors of this project have:
 * what is wrong, what was received, what is allowed, and the command that mends it.
 */
export interface Problem {
  /** What is wrong, in one sentence without a full stop. */
  wrong: string;
  /** What was received, as the user wrote it; left out where nothing was. */
  received?: string;
  /** What is allowed instead. */
  allowed?: string;
  /** The exact command that mends it. */
  mend: string;
}

/** A command that mends, for this stack whichever one is selected. */
export function forStack(mend: string, stack: string): string {
  return mend.replace(/\bpulumi (config|up)\b(?! --stack)/g, `pulumi $1 --stack ${stack}`);
}

/** Formats one problem as a block of indented lines. */
export function formatProblem(problem: Problem): string {
  const lines = [problem.wrong];
  if (problem.received !== undefined) lines.push(`  received: ${problem.received}`);
  if (problem.allowed !== undefined) lines.push(`  allowed:  ${problem.allowed}`);
  lines.push(`  mend:     ${problem.mend}`);
  return lines.join("\n");
}

/** Formats all problems of a stack as one text, numbered when there is more than one. */
export function formatProblems(title: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems.map((problem, index) => {
    const text = formatProblem(problem);
    return problems.length === 1 ? text : `${index + 1}. ${text}`;
  });
  return [`${title}: ${count}`, ...blocks].join("\n\n");
}

/** The allowed word nearest to a misspelt one, if it is near: at most a third of its letters off. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  const best = closest(word, allowed);
  return distance(word, best) <= Math.max(2, Math.ceil(word.length / 3)) ? best : undefined;
}
