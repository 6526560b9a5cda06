/** Asks a part of a running rehearsal for something, over its front door. */

export async function ask<T>(
  endpoint: string,
  part: "acme" | "dns" | "github" | "scheduler",
  action: string,
  args: unknown = {},
): Promise<T> {
  const answer = await fetch(`${endpoint}/rehearsal/${part}/${action}`, {
    method: "POST",
    body: JSON.stringify(args),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the rehearsal's ${part}: ${answer.status} ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
