import { strict as assert } from "node:assert";
import { readConfiguration } from "../../../rehearsal/plugins/aws/client";

const endpoints = JSON.stringify([{ ec2: "http://127.0.0.1:1", sts: "http://127.0.0.1:1" }]);
const complete = {
  region: "ap-south-1",
  accessKey: "test",
  secretKey: "test",
  endpoints,
  skipCredentialsValidation: "true",
};
function without(key: keyof typeof complete): Record<string, unknown> {
  return Object.fromEntries(Object.entries(complete).filter(([name]) => name !== key));
}
const none: NodeJS.ProcessEnv = {};

describe("AWS stand-in: configuration", () => {
  it("reads nested values from JSON text and scalars from text", () => {
    const defaultTags = JSON.stringify({ tags: { Project: "x" } });
    const read = readConfiguration({ ...complete, defaultTags }, none);
    assert.equal(read.endpoints.ec2, "http://127.0.0.1:1");
    assert.deepEqual(read.defaultTags, { Project: "x" });
    assert.equal(read.validateCredentials, false);
  });

  it("asks STS about the credentials unless told not to", () => {
    const asking = without("skipCredentialsValidation");
    assert.equal(readConfiguration(asking, none).validateCredentials, true);
  });

  it("refuses to work without endpoints, or with only one of the two", () => {
    const rest = without("endpoints");
    const one = { ...complete, endpoints: JSON.stringify([{ ec2: "http://127.0.0.1:1" }]) };
    assert.throws(() => readConfiguration(rest, none), /refuses to run without endpoints.*null/s);
    assert.throws(() => readConfiguration(one, none), /a URL for sts/);
  });

  for (const host of ["https://ec2.ap-south-1.amazonaws.com", "https://ec2.us-east-1.api.aws"]) {
    it(`refuses AWS's own endpoint ${host}`, () => {
      const real = { ...complete, endpoints: JSON.stringify([{ ec2: host, sts: host }]) };
      assert.throws(
        () => readConfiguration(real, none),
        /refuses AWS's own endpoints.*REHEARSAL_PLUGIN_AWS=real/s,
      );
    });
  }

  it("takes keys and region from the environment like the real one", () => {
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-west-2" };
    const read = readConfiguration({ endpoints }, env);
    assert.deepEqual(read.credentials, { accessKeyId: "a", secretAccessKey: "b" });
    assert.equal(read.region, "us-west-2");
  });

  it("no credentials is one clear error", () => {
    const rest = without("accessKey");
    assert.throws(
      () => readConfiguration(rest, none),
      /^Error: No valid credential sources found\.\nPlease see https/,
    );
  });

  it("no region, and one that can't be, name the key", () => {
    const rest = without("region");
    assert.throws(() => readConfiguration(rest, none), /pulumi config set aws:region/);
    assert.throws(
      () => readConfiguration({ ...complete, region: "nowhere" }, none),
      /invalid AWS Region: nowhere/,
    );
  });

  it("a key that would be ignored is refused with the command that removes it", () => {
    assert.throws(
      () => readConfiguration({ ...complete, assumeRoles: "[]" }, none),
      /doesn't know the configuration aws:assumeRoles.*pulumi config rm aws:assumeRoles/s,
    );
  });

  it("broken JSON names the key", () => {
    assert.throws(
      () => readConfiguration({ ...complete, endpoints: "[{" }, none),
      /aws:endpoints is not valid JSON/,
    );
  });
});
