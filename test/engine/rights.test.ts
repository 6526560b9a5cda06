/** Who may do what in the rehearsal's AWS. */
import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListUsersCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { ListHostedZonesCommand, Route53Client } from "@aws-sdk/client-route-53";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { CloudLab, refusalOf, REGION } from "./cloudLab";

const USER = "arn:aws:iam::123456789012:user/somebody";

describe("rights in the rehearsal's AWS", function () {
  this.timeout(60_000);
  let lab: CloudLab;
  let credentials = { accessKeyId: "", secretAccessKey: "" };

  const options = (key = credentials) => ({
    region: REGION,
    endpoint: lab.endpoint,
    maxAttempts: 1,
    forcePathStyle: true,
    credentials: key,
  });
  const ROOT = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };

  before(async () => {
    lab = await CloudLab.open();
    const iam = new IAMClient(options(ROOT));
    const UserName = "somebody";
    await iam.send(new CreateUserCommand({ UserName }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? "",
      secretAccessKey: AccessKey?.SecretAccessKey ?? "",
    };
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["ec2:describe*", "ec2:ModifyInstanceAttribute", "s3:PutObject"],
          Resource: "arn:aws:ec2:*:*:instance/*",
          Condition: { StringEquals: { "aws:RequestedRegion": "elsewhere" } },
        },
      ],
    });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "some", PolicyDocument }));
    await new S3Client(options(ROOT)).send(
      new CreateBucketCommand({
        Bucket: "some-state",
        CreateBucketConfiguration: { LocationConstraint: REGION },
      }),
    );
  });
  after(() => lab?.close());

  it("lets a user do what a policy allows, by action alone", async () => {
    await new EC2Client(options()).send(new DescribeVpcsCommand({}));
    const object = { Bucket: "some-state", Key: "a b/ü.json", Body: "{}" };
    await new S3Client(options()).send(new PutObjectCommand(object));
    const { Arn } = await new STSClient(options()).send(new GetCallerIdentityCommand({}));
    assert.equal(Arn, USER);
  });

  it("refuses what no policy of the user allows, in the words of each service", async () => {
    const ec2 = new EC2Client(options()).send(new AllocateAddressCommand({}));
    const iam = new IAMClient(options()).send(new ListUsersCommand({}));
    const zones = new Route53Client(options()).send(new ListHostedZonesCommand({}));
    const refused = await Promise.all([ec2, iam, zones].map(refusalOf));
    assert.deepEqual(
      refused.map(({ code }) => code),
      ["UnauthorizedOperation", "AccessDenied", "AccessDenied"],
    );
    assert.match(
      refused[0]?.message ?? "",
      /^You are not authorized to perform this operation\. User: arn:aws:iam::123456789012:user\/somebody is not authorized to perform: ec2:AllocateAddress because no identity-based policy allows/,
    );
    const bucket = { Bucket: "another-state" };
    const s3 = await refusalOf(new S3Client(options()).send(new CreateBucketCommand(bucket)));
    assert.equal(s3.code, "AccessDenied");
  });

  it("knows nobody's key from a mistyped secret", async () => {
    const told = await Promise.all(
      [
        { accessKeyId: "AKIANOBODY", secretAccessKey: "x" },
        { ...credentials, secretAccessKey: "mistyped" },
      ].map((key) => refusalOf(new STSClient(options(key)).send(new GetCallerIdentityCommand({})))),
    );
    assert.deepEqual(
      told.map(({ code }) => code),
      ["InvalidClientTokenId", "SignatureDoesNotMatch"],
    );
  });

  it("takes a call that the front door has changed on the way", async () => {
    const call = new ModifyInstanceAttributeCommand({
      InstanceId: "i-0123456789abcdef0",
      UserData: { Value: Buffer.from("x") },
    });
    const { code } = await refusalOf(new EC2Client(options()).send(call));
    assert.equal(code, "InvalidInstanceID.NotFound");
  });

  it("knows keys, rights and buckets again after a restart", async () => {
    await lab.stop();
    await lab.start();
    await new EC2Client(options()).send(new DescribeVpcsCommand({}));
    const object = { Bucket: "some-state", Key: "another", Body: "{}" };
    await new S3Client(options()).send(new PutObjectCommand(object));
  });
});
