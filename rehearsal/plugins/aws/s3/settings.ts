/** What a bucket is set to: versioning, encryption, no public access, its policy. */

import {
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type BucketVersioningStatus,
  type S3Client,
  type ServerSideEncryption,
} from "@aws-sdk/client-s3";
import type { Values } from "../../base";
import { oneOf, textOf } from "../arguments";
import { codeOf, found } from "../errors";
import { policyText } from "../policyText";
import type { Definition } from "../resource";
import type { Arguments } from "../schema";

/** How one setting of a bucket is written, read and taken back. */
interface Setting {
  label: string;
  arguments: Arguments;
  put(client: S3Client, bucket: string, values: Values): Promise<unknown>;
  get(client: S3Client, bucket: string): Promise<Values | undefined>;
  /** Code of AWS that says that it was never set. */
  unset?: string;
  takeBack(client: S3Client, bucket: string): Promise<unknown>;
}

/** A setting as a resource; its id is the bucket's name. */
function settingOf(setting: Setting): Definition {
  return {
    label: setting.label,
    arguments: { bucket: { required: true, replaces: true }, ...setting.arguments },
    attributes: [],
    tagged: false,
    fromId: (id) => ({ bucket: id }),

    async create(inputs, { s3 }) {
      const bucket = textOf(inputs, "bucket");
      await setting.put(s3(), bucket, inputs);
      return bucket;
    },

    async look(id, _inputs, { s3 }) {
      try {
        const live = await found(setting.get(s3(), id));
        return live && { bucket: id, ...live };
      } catch (failure) {
        if (codeOf(failure) === setting.unset) return undefined;
        throw failure;
      }
    },

    async update(id, { news }, { s3 }) {
      await setting.put(s3(), id, news);
    },

    async remove(id, _state, { s3 }) {
      await setting.takeBack(s3(), id);
    },
  };
}

export const bucketVersioning = settingOf({
  label: "S3 Bucket Versioning",
  arguments: {
    versioningConfiguration: {
      required: true,
      fields: { status: { ...oneOf("Enabled", "Suspended"), required: true } },
    },
  },
  async put(client, Bucket, values) {
    const { status } = values["versioningConfiguration"] as { status: BucketVersioningStatus };
    const VersioningConfiguration = { Status: status };
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  },
  async get(client, Bucket) {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }));
    return Status && { versioningConfiguration: { status: Status } };
  },
  // It cannot be switched off any more.
  takeBack: (client, Bucket) =>
    client.send(
      new PutBucketVersioningCommand({
        Bucket,
        VersioningConfiguration: { Status: "Suspended" },
      }),
    ),
});

interface Rule {
  applyServerSideEncryptionByDefault?: { sseAlgorithm: ServerSideEncryption };
}

export const bucketEncryption = settingOf({
  label: "S3 Bucket Server-Side Encryption Configuration",
  arguments: { rules: { required: true } },
  async put(client, Bucket, values) {
    const rules = ((values["rules"] ?? []) as Rule[]).map((rule) => ({
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: rule.applyServerSideEncryptionByDefault?.sseAlgorithm,
      },
    }));
    await client.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: { Rules: rules },
      }),
    );
  },
  async get(client, Bucket) {
    const answer = await client.send(new GetBucketEncryptionCommand({ Bucket }));
    const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
    return {
      rules: rules.map((rule) => ({
        applyServerSideEncryptionByDefault: {
          sseAlgorithm: rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
        },
      })),
    };
  },
  unset: "ServerSideEncryptionConfigurationNotFoundError",
  takeBack: (client, Bucket) => client.send(new DeleteBucketEncryptionCommand({ Bucket })),
});

export const bucketPublicAccessBlock = settingOf({
  label: "S3 Bucket Public Access Block",
  arguments: {
    blockPublicAcls: {},
    blockPublicPolicy: {},
    ignorePublicAcls: {},
    restrictPublicBuckets: {},
  },
  async put(client, Bucket, values) {
    await client.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: values["blockPublicAcls"] === true,
          BlockPublicPolicy: values["blockPublicPolicy"] === true,
          IgnorePublicAcls: values["ignorePublicAcls"] === true,
          RestrictPublicBuckets: values["restrictPublicBuckets"] === true,
        },
      }),
    );
  },
  async get(client, Bucket) {
    const answer = await client.send(new GetPublicAccessBlockCommand({ Bucket }));
    const live = answer.PublicAccessBlockConfiguration;
    return {
      blockPublicAcls: live?.BlockPublicAcls,
      blockPublicPolicy: live?.BlockPublicPolicy,
      ignorePublicAcls: live?.IgnorePublicAcls,
      restrictPublicBuckets: live?.RestrictPublicBuckets,
    };
  },
  unset: "NoSuchPublicAccessBlockConfiguration",
  takeBack: (client, Bucket) => client.send(new DeletePublicAccessBlockCommand({ Bucket })),
});

export const bucketPolicy = settingOf({
  label: "S3 Bucket Policy",
  arguments: { policy: policyText },
  put: (client, Bucket, values) =>
    client.send(new PutBucketPolicyCommand({ Bucket, Policy: textOf(values, "policy") })),
  async get(client, Bucket) {
    const { Policy } = await client.send(new GetBucketPolicyCommand({ Bucket }));
    return Policy === undefined ? undefined : { policy: Policy };
  },
  unset: "NoSuchBucketPolicy",
  takeBack: (client, Bucket) => client.send(new DeleteBucketPolicyCommand({ Bucket })),
});
