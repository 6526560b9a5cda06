import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { profileNames } from "../../components/credentials";
import { saveProfile, withSection } from "../../scripts/operatorKeyFiles";

const OUTPUTS = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "se/cr+et",
  region: "ap-south-1",
};

describe("npm run operator-key", () => {
  let home = "";
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-aws-"));
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));
  const read = (file: string) => fs.readFileSync(path.join(home, ".aws", file), "utf8");

  it("makes the profile in files of its owner alone", () => {
    const files = saveProfile(OUTPUTS, "work", "account", { HOME: home });
    assert.deepEqual(
      files,
      ["credentials", "config"].map((file) => path.join(home, ".aws", file)),
    );
    for (const file of files) assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.join(home, ".aws")).mode & 0o777, 0o700);
    assert.equal(
      read("credentials"),
      "[work]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = se/cr+et\n",
    );
    assert.equal(read("config"), "[profile work]\nregion = ap-south-1\n");
    assert.deepEqual(profileNames(read("config")), ["work"]);
  });

  it("closes a file that others could read, and leaves other profiles and comments alone", () => {
    const file = path.join(home, ".aws/credentials");
    fs.mkdirSync(path.dirname(file));
    const others = "# mine\n[default]\naws_access_key_id = A\n\n[work2]\nx = y\n";
    fs.writeFileSync(file, `[work]\naws_session_token = old\n${others}`, { mode: 0o644 });
    saveProfile(OUTPUTS, "work", "account", { HOME: home });
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.ok(read("credentials").includes("[default]\naws_access_key_id = A\n\n[work2]\nx = y\n"));
    assert.doesNotMatch(read("credentials"), /aws_session_token/);
    assert.deepEqual(profileNames(read("credentials")), ["default", "work2", "work"]);
  });

  it("goes where AWS's variables say", () => {
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: path.join(home, "a"),
      AWS_CONFIG_FILE: path.join(home, "b"),
    };
    assert.deepEqual(saveProfile(OUTPUTS, "default", "account", env), Object.values(env));
    assert.match(fs.readFileSync(path.join(home, "b"), "utf8"), /^\[default\]/);
  });

  it("writes the same text however often", () => {
    const once = withSection("[a]\nb = c\n", "profile work", { region: "x" });
    assert.equal(withSection(once, "profile work", { region: "x" }), once);
    assert.equal(
      withSection(once.replace(" work", '  "work"'), "profile work", { region: "x" }),
      once,
    );
  });

  it("refuses a stack without a key, and a name that is none", () => {
    assert.throws(
      () => saveProfile({ region: "x" }, "work", "workshop", { HOME: home }),
      /The stack workshop has no access key[^]*received: outputs: region[^]*mend: /,
    );
    assert.throws(
      () => saveProfile(OUTPUTS, "a]\n[b", "account", { HOME: home }),
      /cannot be the name of a profile/,
    );
    assert.deepEqual(fs.readdirSync(home), []);
  });
});
