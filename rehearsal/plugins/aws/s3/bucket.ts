/** aws.s3.Bucket. What protects one is a resource of its own, in `settings.ts`. */

import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketTaggingCommand,
  type BucketLocationConstraint,
} from "@aws-sdk/client-s3";
import { textOf } from "../arguments";
import { codeOf, found } from "../errors";
import type { Definition, Scope } from "../resource";
import { fromList, type Tags } from "../tags";

async function putTags(Bucket: string, tags: Tags, { s3 }: Scope): Promise<void> {
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await s3().send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
}

async function tagsOf(Bucket: string, { s3 }: Scope): Promise<Tags> {
  try {
    return fromList((await s3().send(new GetBucketTaggingCommand({ Bucket }))).TagSet);
  } catch (failure) {
    if (codeOf(failure) === "NoSuchTagSet") return {};
    throw failure;
  }
}

/** Every version of every object: only then AWS removes the bucket. */
async function empty(Bucket: string, { s3 }: Scope): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await s3().send(
    new ListObjectVersionsCommand({ Bucket }),
  );
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await s3().send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }
}

export const bucket: Definition = {
  label: "S3 Bucket",
  arguments: { bucket: { computed: true, replaces: true }, forceDestroy: {} },
  attributes: ["arn", "bucketDomainName", "bucketRegionalDomainName"],
  autoname: "bucket",

  async create(inputs, { s3, region }) {
    const Bucket = textOf(inputs, "bucket");
    // The oldest region is the one without a name here.
    const LocationConstraint = region as BucketLocationConstraint;
    await s3().send(
      new CreateBucketCommand({
        Bucket,
        ...(region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint } }),
      }),
    );
    return Bucket;
  },

  async settle(id, inputs, scope) {
    const tags = (inputs["tagsAll"] ?? {}) as Tags;
    if (Object.keys(tags).length > 0) await putTags(id, tags, scope);
  },

  async look(Bucket, _inputs, scope) {
    const { s3, region } = scope;
    if ((await found(s3().send(new HeadBucketCommand({ Bucket })))) === undefined) return undefined;
    return {
      bucket: Bucket,
      arn: `arn:aws:s3:::${Bucket}`,
      bucketDomainName: `${Bucket}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${Bucket}.s3.${region}.amazonaws.com`,
      tagsAll: await tagsOf(Bucket, scope),
    };
  },

  async retag(id, _from, to, scope) {
    await putTags(id, to, scope);
  },

  async remove(Bucket, state, scope) {
    if (state["forceDestroy"] === true) await empty(Bucket, scope);
    await scope.s3().send(new DeleteBucketCommand({ Bucket }));
  },
};
