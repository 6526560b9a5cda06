import assert from "node:assert/strict";
import { awsOf } from "../../scripts/stackAws";

describe("AWS as a stack's commands reach it", () => {
  it("takes region, profile and nothing else from a stack on AWS", () => {
    const aws = awsOf({ "aws:region": { value: "ap-south-1" }, "aws:profile": { value: "work" } });
    assert.deepEqual(aws.options("ec2"), { region: "ap-south-1", profile: "work" });
    assert.deepEqual(aws.options("ec2", "eu-central-1").region, "eu-central-1");
  });

  it("asks where the stack's endpoints say, with its keys", () => {
    const aws = awsOf({
      "aws:region": { value: "ap-south-1" },
      "aws:endpoints": { value: `[{"ec2":"http://127.0.0.1:5080"},{"iam":"http://127.0.0.1:1"}]` },
      "aws:accessKey": { value: "key" },
      "aws:secretKey": { value: "secret" },
      "aws:token": { value: "session" },
    });
    const credentials = {
      accessKeyId: "key",
      secretAccessKey: "secret",
      sessionToken: "session",
    };
    assert.deepEqual(aws.options("ec2"), {
      region: "ap-south-1",
      endpoint: "http://127.0.0.1:5080",
      credentials,
    });
    assert.equal(aws.options("iam").endpoint, "http://127.0.0.1:1");
    assert.equal(aws.options("sts").endpoint, undefined);
  });
});
