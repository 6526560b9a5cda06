import assert from "node:assert/strict";
import {
  missingCredentials,
  profileNames,
  type CredentialSources,
} from "../../components/credentials";

const NOTHING: CredentialSources = { config: {}, env: {}, profiles: [], onEc2: false };

function missing(sources: Partial<CredentialSources>): string | undefined {
  return missingCredentials({ ...NOTHING, ...sources }, "ap-south-1")?.wrong;
}

describe("AWS credentials", () => {
  it("are missing when nothing leads to any, with the commands that make some", () => {
    const problem = missingCredentials(NOTHING, "ap-south-1");
    assert.match(problem?.wrong ?? "", /no AWS credentials on this computer/);
    assert.match(problem?.mend ?? "", /^aws configure --profile work, then pulumi config set/);
  });

  it("may come from variables, the default profile, the stack or the machine", () => {
    assert.equal(missing({ env: { AWS_ACCESS_KEY_ID: "x" } }), undefined);
    assert.equal(missing({ env: { AWS_WEB_IDENTITY_TOKEN_FILE: "x" } }), undefined);
    assert.equal(missing({ profiles: ["default"] }), undefined);
    assert.equal(missing({ config: { "aws:accessKey": "x" } }), undefined);
    assert.equal(missing({ onEc2: true }), undefined);
  });

  it("of a named profile are looked for there and nowhere else", () => {
    const config = { "aws:profile": "work" };
    assert.equal(missing({ config, profiles: ["work"] }), undefined);
    assert.match(missing({ config, profiles: ["default"] }) ?? "", /profile does not exist/);
    assert.match(missing({ config, env: { AWS_ACCESS_KEY_ID: "x" } }) ?? "", /does not exist/);
    assert.match(missing({ env: { AWS_PROFILE: "work" } }) ?? "", /does not exist/);
    const problem = missingCredentials({ ...NOTHING, config, profiles: ["a", "b"] }, "ap-south-1");
    assert.equal(problem?.received, "work; there are: a, b");
  });

  it("are named in both of AWS's files", () => {
    const text =
      '[default]\nx=1\n [profile work]\n[profile "two words"]\n# [no]\n[sso-session s]\n';
    assert.deepEqual(profileNames(text), ["default", "work", "two words"]);
  });
});
