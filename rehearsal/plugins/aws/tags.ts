/** Tags: of the resource, of the provider (`aws:defaultTags`), and both together (`tagsAll`). */

import {
  CreateTagsCommand,
  DeleteTagsCommand,
  type EC2Client,
  type ResourceType as TaggedType,
  type Tag,
  type TagSpecification,
} from "@aws-sdk/client-ec2";

export type Tags = Record<string, string>;

/** AWS's own tags, which nobody else may set. */
function isOfAws(key: string): boolean {
  return key.startsWith("aws:");
}

/** Default tags with the resource's own over them. */
export function mergeTags(defaults: Tags, own: Tags): Tags {
  return { ...defaults, ...own };
}

/**
 * The `tags` of a resource as they stand in AWS: all tags but those that only come from the
 * provider's default tags. One that `own` names, or whose value someone changed, is kept.
 */
export function withoutDefaults(all: Tags, defaults: Tags, own: Tags): Tags {
  return Object.fromEntries(
    Object.entries(all).filter(([key, value]) => key in own || defaults[key] !== value),
  );
}

/** A list of AWS's tags as a map, sorted by key, without AWS's own. */
export function fromList(list: readonly Tag[] | undefined): Tags {
  const pairs = (list ?? []).flatMap(({ Key: key, Value: value }) =>
    key === undefined || isOfAws(key) ? [] : [[key, value ?? ""] as const],
  );
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function toList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The tags to give at creation; an empty list where there are none, as AWS refuses an empty set. */
export function tagSpecifications(type: TaggedType, tags: Tags): TagSpecification[] {
  return Object.keys(tags).length === 0 ? [] : [{ ResourceType: type, Tags: toList(tags) }];
}

/** What has to be set and what removed to come from one set of tags to another. */
export function tagChanges(from: Tags, to: Tags): { set: Tags; remove: string[] } {
  return {
    set: Object.fromEntries(Object.entries(to).filter(([key, value]) => from[key] !== value)),
    remove: Object.keys(from).filter((key) => !(key in to)),
  };
}

/** Brings the tags of the resource with this AWS id from one set to another. */
export async function retag(ec2: EC2Client, id: string, from: Tags, to: Tags): Promise<void> {
  const { set, remove } = tagChanges(from, to);
  if (remove.length > 0) {
    const Tags = remove.map((Key) => ({ Key }));
    await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags }));
  }
  if (Object.keys(set).length > 0) {
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: toList(set) }));
  }
}
