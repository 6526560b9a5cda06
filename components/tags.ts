/** The tags by which a stack's resources are found again in AWS's console and by our commands. */

/** Value of the tag `project` on everything that this program makes. */
export const PROJECT = "tljh-workshop";

/** Tags of one stack: `project`, `stack`. */
export type StackTags = Readonly<Record<"project" | "stack", string>>;

/** Tags of the stack whose prefix is `name`. */
export function stackTags(name: string): StackTags {
  return { project: PROJECT, stack: name };
}

/** The stack's tags and a `Name`, which AWS's console shows. */
export function named(tags: StackTags, name: string): Record<string, string> {
  return { ...tags, Name: name };
}
