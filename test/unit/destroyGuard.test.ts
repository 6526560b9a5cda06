import assert from "node:assert/strict";
import { utils } from "ssh2";
import { provider, type DestroyGuardInputs } from "../../providers/destroyGuard";

/** Nothing listens there. */
const NOWHERE = { address: "127.0.0.1", port: 1 };
const VALUES: DestroyGuardInputs = {
  ...NOWHERE,
  user: "ubuntu",
  privateKey: utils.generateKeyPairSync("ed25519").private,
  hostKey: "ssh-ed25519 AAAA",
  instanceId: "i-0123",
  region: "ap-south-1",
  stack: "osh",
  name: "osh",
  dataVolumeId: "vol-0123",
  ec2: {
    region: "ap-south-1",
    endpoint: "http://127.0.0.1:1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  },
  profile: "",
  tokenPage: "https://example.org/tokens",
  records: [],
  allocationId: "",
  script: "exit 0",
  programs: {},
};

describe("the guard before destroy", () => {
  const override = process.env["WORKSHOP_DESTROY"];
  const said: string[] = [];
  const error = console.error;
  beforeEach(() => {
    said.length = 0;
    console.error = (line: string) => void said.push(line);
  });
  afterEach(() => {
    console.error = error;
    if (override === undefined) delete process.env["WORKSHOP_DESTROY"];
    else process.env["WORKSHOP_DESTROY"] = override;
  });
  const refusal = async () => {
    const refused: unknown = await provider.delete?.("guard", VALUES).catch((it: unknown) => it);
    return refused instanceof Error ? refused.message : "";
  };

  it("is never replaced: its delete would look at a server that goes on", async () => {
    assert.deepEqual(await provider.diff?.("guard", VALUES, VALUES), {
      changes: false,
      replaces: [],
    });
    const other = { ...VALUES, instanceId: "i-4567" };
    assert.deepEqual(await provider.diff?.("guard", VALUES, other), {
      changes: true,
      replaces: [],
    });
  });

  it("refuses when neither server nor AWS says what would be lost", async () => {
    delete process.env["WORKSHOP_DESTROY"];
    const text = await refusal();
    assert.match(text, /^Nothing was removed: 1 problem\n\nNeither the server nor AWS/);
    assert.match(text, /ECONNREFUSED.*; AWS: .*ECONNREFUSED/);
    assert.match(text, /WORKSHOP_DESTROY=yes pulumi destroy --stack osh$/);
    assert.deepEqual(said, []);
  });

  it("takes no other word than yes for an override, and says so", async () => {
    process.env["WORKSHOP_DESTROY"] = "true";
    assert.match(await refusal(), /another value than yes[^]*received: true\n +allowed: +yes, or/);
  });

  it("lets go with the override, whoever answers, and says what stays to do", async () => {
    process.env["WORKSHOP_DESTROY"] = "yes";
    await provider.delete?.("guard", VALUES);
    const text = said.join("\n");
    assert.match(text, /^WORKSHOP_DESTROY=yes: whether files are lost was not looked at\n/);
    assert.match(text, /Revoke the token of the course: https:\/\/example\.org\/tokens/);
  });
});
