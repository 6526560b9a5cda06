import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf, PolicyDocument } from "./operatorPolicy";
import { named, StackTags } from "./tags";

export interface StateBucketArgs {
  /** New in all of AWS. */
  bucket: string;
  region: string;
  tags: StackTags;
}

/**
 * The S3 bucket of Pulumi's state, so that colleagues can take over: every version is kept,
 * encrypted, over TLS only, and never public.
 *
 * Costs cents a month. `pulumi destroy` removes it only when it is empty: AWS refuses otherwise, and
 * whoever loses the state can no longer remove the workshops. What protects it stays with it then,
 * and goes with it when it goes.
 */
export class StateBucket extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;

  constructor(name: string, args: StateBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:StateBucket", name, {}, opts);
    const bucket = new s3.Bucket(
      `${name}-state`,
      { bucket: args.bucket, tags: named(args.tags, `${name}-state`) },
      { parent: this },
    );
    const stays = { parent: this, retainOnDelete: true };
    const closed = new s3.BucketPublicAccessBlock(
      `${name}-state-not-public`,
      {
        bucket: bucket.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      stays,
    );
    new s3.BucketVersioning(
      `${name}-state-versions`,
      { bucket: bucket.id, versioningConfiguration: { status: "Enabled" } },
      stays,
    );
    new s3.BucketServerSideEncryptionConfiguration(
      `${name}-state-encryption`,
      {
        bucket: bucket.id,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      },
      stays,
    );
    new s3.BucketPolicy(
      `${name}-state-tls`,
      { bucket: bucket.id, policy: JSON.stringify(tlsOnly(args.bucket, args.region)) },
      // AWS takes changes of the two only one after the other.
      { ...stays, dependsOn: closed },
    );
    this.bucketName = bucket.id;
    this.registerOutputs({ bucketName: this.bucketName });
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html */
export function tlsOnly(bucket: string, region: string): PolicyDocument {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}
