/** A question at the terminal. */
import { createInterface, type Interface } from "node:readline";

let lines: AsyncIterator<string> | undefined;
let open: Interface | undefined;

/**
 * What the person answers; undefined when nobody is there to do so. Answers may also come from a file or
 * a pipe, a line each.
 */
export async function askPerson(question: string): Promise<string | undefined> {
  process.stderr.write(question);
  open ??= createInterface({ input: process.stdin });
  lines ??= open[Symbol.asyncIterator]();
  const line = await lines.next();
  if (!process.stdin.isTTY) process.stderr.write("\n");
  return line.done ? undefined : line.value.trim();
}

/** No more questions: a terminal would keep the command from its end. */
export function endQuestions(): void {
  open?.close();
}
