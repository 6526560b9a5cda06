/** The gate before a certificate, with a name server of the tests' own; no machine is asked. */
import assert from "node:assert/strict";
import type { Answer } from "dns-packet";
import { provider, type HttpsGateInputs, type HttpsGateOutputs } from "../../providers/httpsGate";
import { NameServer } from "./nameServer";

const NAME = "jupyter.example.org";
const OTHER = "hub.example.org";
const HERE = "203.0.113.10";

function a(name: string, data = HERE): Answer {
  return { name, type: "A", ttl: 60, data };
}

describe("the gate before a certificate", () => {
  const dns = new NameServer([]);
  let inputs: HttpsGateInputs;
  before(async () => {
    const names = [NAME, OTHER].map((name) => ({
      name,
      record: `${name}. 60 IN A ${HERE}`,
      isManaged: false,
    }));
    inputs = {
      // Nobody listens there, so that whoever asks the machine fails.
      address: HERE,
      port: 1,
      user: "ubuntu",
      privateKey: "",
      hostKey: "",
      instanceId: "i-1",
      region: "ap-south-1",
      stack: "test",
      names,
      resolvers: [await dns.open()],
      issuer: "letsencrypt.org",
      script: "",
    };
  });
  after(() => dns.close());

  function outputs(ready: string[], problems: string[], changes = {}): HttpsGateOutputs {
    return { ...inputs, ready, problems, ...changes };
  }
  async function changesAfter(olds: HttpsGateOutputs): Promise<boolean | undefined> {
    return (await provider.diff?.("https-gate", olds, inputs))?.changes;
  }

  describe("create", () => {
    it("succeeds though no name points here, and says why", async () => {
      dns.records = [a(OTHER)];
      const { outs } = await provider.create(inputs);
      assert.deepEqual(outs?.ready, []);
      assert.equal(outs?.problems.length, 1);
      assert.match(outs?.problems[0] ?? "", /does not exist yet[^]*then pulumi up --stack test/);
    });
  });

  describe("diff", () => {
    it("sees no change as long as the answers are the same", async () => {
      dns.records = [];
      const { outs } = await provider.create(inputs);
      assert.ok(outs);
      assert.equal(await changesAfter(outs), false);
    });

    it("sees that a name points here now", async () => {
      dns.records = [a(NAME), a(OTHER)];
      assert.equal(await changesAfter(outputs([], ["missing"])), true);
    });

    it("sees that a name points elsewhere now, and takes nothing from it", async () => {
      dns.records = [a(NAME, "192.0.2.1"), a(OTHER)];
      assert.equal(await changesAfter(outputs([NAME, OTHER], [])), true);
    });

    it("sees a change of its own inputs without asking anybody", async () => {
      dns.records = [];
      const before = dns.asked.length;
      assert.equal(await changesAfter(outputs([], [], { issuer: "" })), true);
      assert.equal(dns.asked.length, before);
    });
  });

  describe("update", () => {
    it("asks the machine's ports where a name is ready, and only there", async () => {
      dns.records = [a(NAME), a(OTHER)];
      const update = () => provider.update?.("https-gate", outputs([], []), inputs);
      await assert.rejects(async () => update(), /received: 203\.0\.113\.10/);
      dns.records = [];
      assert.deepEqual((await update())?.outs?.ready, []);
    }).timeout(30_000);

    it("forgets what was ready when the address is another one", async () => {
      dns.records = [];
      const olds = outputs([NAME], [], { address: "203.0.113.11" });
      const updated = await provider.update?.("https-gate", olds, inputs);
      assert.deepEqual(updated?.outs?.ready, []);
    });
  });
});
