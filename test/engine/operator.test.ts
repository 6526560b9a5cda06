/** Phase 1: an account stack, its operator, and what happens to whom AWS refuses something. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  ChangeResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { AttachGroupPolicyCommand, DetachGroupPolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { actionsOf, isRead, operatorPolicy } from "../../components/operatorPolicy";
import { saveProfile } from "../../scripts/operatorKeyFiles";
import {
  ACCOUNT,
  accountUp,
  configureAccount,
  hireOperator,
  policyOf,
  seenOf,
  type AccountOutputs,
} from "./workshop/account";
import { failed, Lab, succeeded } from "./workshop/lab";

const ROOT = path.join(__dirname, "../..");
const REGION = "ap-south-1";

describe("an account stack", function () {
  this.timeout(120_000);
  this.bail(true);
  let lab: Lab;
  let outputs: AccountOutputs;

  before(async () => {
    lab = await Lab.open({}, "none");
    outputs = await hireOperator(lab);
  });
  after(() => lab?.close());

  const options = (accessKeyId: string, secretAccessKey: string) => ({
    region: REGION,
    endpoint: lab.rehearsal.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });

  it("makes a user whose key AWS accepts", async () => {
    const client = new STSClient(options(outputs.accessKeyId, outputs.secretAccessKey));
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    assert.equal(Arn, `arn:aws:iam::123456789012:user/${outputs.operator}`);
  });

  it("shows account, user and region, and the secret key nowhere", () => {
    assert.match(lab.printed, /AWS account 123456789012, as arn:aws:\S+, in ap-south-1/);
    const state = lab.plainState(ACCOUNT);
    assert.match(state, /"ciphertext"/);
    assert.ok(state.includes(outputs.accessKeyId));
    assert.ok(outputs.secretAccessKey.length > 30);
    assert.ok(!state.includes(outputs.secretAccessKey), "in the state");
    assert.ok(!lab.printed.includes(outputs.secretAccessKey), "in what pulumi printed");
  });

  it("has the policy that npm run policy prints", () => {
    const policy = policyOf(lab);
    const [, zone = ""] = /hostedzone\/(\w+)/.exec(JSON.stringify(policy)) ?? [];
    const args = ["--region", REGION, "--zone", zone, "--bucket", outputs.stateBucket];
    const printed = execFileSync(
      process.execPath,
      ["--require", require.resolve("tsx/cjs"), path.join(ROOT, "scripts/policy.ts"), ...args],
      { encoding: "utf8" },
    );
    assert.deepEqual(JSON.parse(printed), policy);
  });

  it("changes nothing at a second `up` and a refresh", async () => {
    succeeded(await accountUp(lab, "--expect-no-changes"));
    succeeded(await lab.pulumi("refresh", "--yes", "-s", ACCOUNT, "--expect-no-changes"));
  });

  it("changes the policy in place for another region", async () => {
    configureAccount(lab, { "tljh-workshop:operatorRegions": [REGION, "eu-central-1"] });
    const up = await accountUp(lab);
    succeeded(up);
    assert.match(up.text, /~ {2}aws:iam:Policy \S+ updated[^]*1 updated/);
    configureAccount(lab, { "tljh-workshop:operatorRegions": [REGION] });
  });

  it("hands the key over by a file that the AWS CLI reads", async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-aws-"));
    const [file = ""] = saveProfile({ ...outputs, region: REGION }, "work", ACCOUNT, {
      HOME: home,
    });
    assert.match(fs.readFileSync(file, "utf8"), new RegExp(`= ${outputs.accessKeyId}\n`));
    fs.rmSync(home, { recursive: true });
  });

  describe("keeps Pulumi's state", () => {
    let url = "";
    before(() => {
      const query = { region: REGION, endpoint: lab.rehearsal.endpoint, s3ForcePathStyle: "true" };
      url = `s3://${outputs.stateBucket}?${new URLSearchParams(query)}`;
    });

    it("in its bucket, with the operator's key: a stack is made, listed, changed and removed", async () => {
      const before = lab.env["PULUMI_BACKEND_URL"] ?? "";
      lab.setEnv({ PULUMI_BACKEND_URL: url });
      try {
        succeeded(await lab.pulumi("stack", "init", "elsewhere"));
        const listed = await lab.pulumi("stack", "ls");
        succeeded(listed);
        assert.match(listed.text, /elsewhere/);
        succeeded(await lab.pulumi("config", "set", "kind", "workshop", "-s", "elsewhere"));
        succeeded(await lab.pulumi("refresh", "--yes", "-s", "elsewhere"));
        succeeded(await lab.pulumi("stack", "rm", "--yes", "elsewhere"));
      } finally {
        lab.setEnv({ PULUMI_BACKEND_URL: before });
      }
      const { allowed, refused } = await seenOf(lab, outputs.accessKeyId);
      const seen = Object.keys(allowed).filter((action) => action.startsWith("s3:"));
      const rights = actionsOf(operatorPolicy({ regions: [REGION], stateBucket: "b" }));
      assert.deepEqual(
        seen.sort(),
        rights.filter((action) => action.startsWith("s3:")),
      );
      assert.deepEqual(refused, {});
    });
  });

  it("lets the operator make and remove a record in the zone, and asks for no more rights", async () => {
    const route53 = new Route53Client(options(outputs.accessKeyId, outputs.secretAccessKey));
    const [, HostedZoneId = ""] = /hostedzone\/(\w+)/.exec(JSON.stringify(policyOf(lab))) ?? [];
    const ResourceRecordSet: ResourceRecordSet = {
      Name: "hub.workshop.test",
      Type: "A",
      TTL: 60,
      ResourceRecords: [{ Value: "203.0.113.9" }],
    };
    for (const Action of ["CREATE", "DELETE"] as const) {
      const ChangeBatch = { Changes: [{ Action, ResourceRecordSet }] };
      await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
    }
    const { allowed } = await seenOf(lab, outputs.accessKeyId);
    const seen = Object.keys(allowed).filter((action) => action.startsWith("route53:"));
    assert.deepEqual(
      seen.filter((action) => !isRead(action)),
      actionsOf(policyOf(lab)).filter((it) => it.startsWith("route53:") && !isRead(it)),
    );
  });

  describe("and a stack of somebody", () => {
    it("whom AWS does not know is told so, before anything else", async () => {
      lab.setEnv({ AWS_ACCESS_KEY_ID: "AKIANOBODY" });
      const preview = await lab.preview();
      lab.setEnv({ AWS_ACCESS_KEY_ID: outputs.accessKeyId });
      failed(
        preview,
        /does not accept the credentials of this computer/,
        /received: .*InvalidClientTokenId/,
        /mend: +aws configure/,
      );
    });

    it("who lacks a right is told which, and who gives it", async () => {
      const iam = new IAMClient(options("rehearsal", "rehearsal"));
      const attached = {
        GroupName: "workshop-operators",
        PolicyArn: "arn:aws:iam::123456789012:policy/workshop-operator",
      };
      await iam.send(new DetachGroupPolicyCommand(attached));
      const preview = await lab.preview();
      await iam.send(new AttachGroupPolicyCommand(attached));
      failed(
        preview,
        /The AWS user lacks a right that this stack needs/,
        /received: +ec2:Describe\w+ is refused to arn:aws:iam::123456789012:user\/workshop-operator/,
        /mend: +pulumi up --stack account, by the account's administrator/,
      );
    });
  });

  describe("at its end", () => {
    it("keeps a bucket with old states in it, though its operator is gone, and removes an empty one", async () => {
      const destroy = await lab.pulumi("destroy", "--yes", "--continue-on-error", "-s", ACCOUNT);
      failed(destroy, /BucketNotEmpty/);
      assert.doesNotMatch(lab.plainState(ACCOUNT), /aws:iam\/user:User/);
      const s3 = new S3Client(options("rehearsal", "rehearsal"));
      const Bucket = outputs.stateBucket;
      const kept = await s3.send(new GetBucketVersioningCommand({ Bucket }));
      assert.equal(kept.Status, "Enabled");
      const { Versions = [], DeleteMarkers = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket }),
      );
      assert.ok(Versions.length > 0);
      for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
        await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      }
      succeeded(await lab.pulumi("destroy", "--yes", "-s", ACCOUNT));
    });
  });
});
