/** Tags of IAM's things, which each have calls of their own. */

import type { Tag } from "@aws-sdk/client-iam";
import { tagChanges, type Tags } from "../tags";

export function iamTags(tags: unknown): Tag[] {
  return Object.entries((tags ?? {}) as Tags).map(([Key, Value]) => ({ Key, Value }));
}

/** What has to be set, and which keys removed; undefined where there is nothing to do. */
export function iamRetag(
  from: Tags,
  to: Tags,
): { set: Tag[] | undefined; remove: string[] | undefined } {
  const { set, remove } = tagChanges(from, to);
  const tags = iamTags(set);
  return {
    set: tags.length === 0 ? undefined : tags,
    remove: remove.length === 0 ? undefined : remove,
  };
}
