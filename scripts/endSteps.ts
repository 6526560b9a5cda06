/** The steps of the end, one after the other; who stops in the middle goes on there. */
import { formatProblem } from "../components/text";

export interface EndStep {
  title: string;
  /** What is said when there is nothing to do any more; undefined: there is. */
  done?(): Promise<string | undefined> | string | undefined;
  /** What cannot be taken back, as a question; undefined: nothing is asked. */
  question?(): { text: string; answer: string } | undefined;
  /** @throws Error in the one shape */
  run(): Promise<void>;
}

export interface EndTalk {
  say: (line: string) => void;
  /** Undefined: nobody is there. */
  ask: (question: string) => Promise<string | undefined>;
  /** Asks nothing. */
  yes: boolean;
  /** The command that goes on. */
  again: string;
}

/** @throws Error of the first step that fails, with how to go on */
export async function takeSteps(steps: readonly EndStep[], talk: EndTalk): Promise<void> {
  for (const [index, step] of steps.entries()) {
    talk.say(`[${index + 1}/${steps.length}] ${step.title}`);
    const done = await step.done?.();
    if (done !== undefined) {
      talk.say(`  ${done}`);
      continue;
    }
    await confirm(step, talk);
    try {
      await step.run();
    } catch (error) {
      const left = steps.slice(index + 1).map(({ title }) => title.toLowerCase());
      const rest = left.length > 0 ? ` Not done yet: ${left.join("; ")}.` : "";
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(`${text}\n\nThe end stops here.${rest} To go on: ${talk.again}`, {
        cause: error,
      });
    }
  }
}

async function confirm(step: EndStep, talk: EndTalk): Promise<void> {
  const question = step.question?.();
  if (question === undefined || talk.yes) return;
  const answer = await talk.ask(`  ${question.text} Type ${question.answer}: `);
  if (answer === question.answer) return;
  throw new Error(
    formatProblem({
      wrong: `Stopped before: ${step.title}`,
      received: answer === undefined ? "no answer" : answer === "" ? "nothing" : answer,
      allowed: question.answer,
      mend: `${talk.again}, which goes on here; or the same with --yes, which asks nothing`,
    }),
  );
}
