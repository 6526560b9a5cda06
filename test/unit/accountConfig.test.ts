import assert from "node:assert/strict";
import { parseAccount } from "../../components/accountConfig";
import { MOST_CHARACTERS, operatorPolicy } from "../../components/operatorPolicy";
import { formatProblem } from "../../components/text";

const CONFIG = {
  "aws:region": "ap-south-1",
  kind: "account",
  operatorAccess: "leastPrivilege",
  operatorRegions: "[]",
};

function parse(changes: Record<string, string> = {}) {
  const raw = Object.fromEntries(
    Object.entries({ ...CONFIG, ...changes }).map(([key, value]) => [
      key.includes(":") ? key : `tljh-workshop:${key}`,
      value,
    ]),
  );
  return parseAccount(raw, "tljh-workshop", "account");
}

/** What is wrong, the nearest allowed, and the command, as one text. */
const PROBLEMS: [what: string, changes: Record<string, string>, text: RegExp][] = [
  ["no region", { "aws:region": "" }, /aws:region is not an AWS region/],
  [
    "a misspelt access",
    { operatorAccess: "leastPriviledge" },
    /allowed: {2}leastPrivilege, administrator[^]*set operatorAccess leastPrivilege/,
  ],
  [
    "a region that is none",
    { operatorRegions: '["ap-south-1", "Mumbai"]' },
    /received: Mumbai[^]*set --path 'operatorRegions\[1\]' ap-south-1/,
  ],
  ["regions that are no list", { operatorRegions: "ap-south-1" }, /not a list of texts/],
  ["a zone that is none", { dnsZone: "Example!" }, /dnsZone is not the name of a zone/],
  ["a name that AWS does not take", { name: "My Workshop" }, /name cannot be the prefix/],
  ["a key that does not exist", { operatorAcces: "x" }, /operatorAccess is meant\?/],
];

describe("the configuration of an account stack", () => {
  it("does not show what is encrypted, not even under a misspelt key", () => {
    const raw = { ...CONFIG, "aws:region": "ap-south-1", "tljh-workshop:operatorRegion": "geheim" };
    const encrypted = ["tljh-workshop:operatorRegion"];
    const { problems } = parseAccount(raw, "tljh-workshop", "account", encrypted);
    assert.doesNotMatch(JSON.stringify(problems), /geheim/);
    assert.match(JSON.stringify(problems), /config rm operatorRegion"/);
  });

  it("needs nothing of a workshop's, and has the stack's region for operator's regions", () => {
    const { settings, problems } = parse();
    assert.deepEqual(problems, []);
    assert.equal(settings.name, "account");
    assert.equal(settings.access, "leastPrivilege");
    assert.deepEqual(settings.regions, ["ap-south-1"]);
    assert.equal(settings.dnsZone, undefined);
  });

  it("takes several regions once each, and a zone", () => {
    const operatorRegions = '["eu-central-1", "ap-south-1", "eu-central-1"]';
    const { settings, problems } = parse({ operatorRegions, dnsZone: "example.org" });
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.regions, ["eu-central-1", "ap-south-1"]);
    assert.equal(settings.dnsZone, "example.org");
  });

  for (const [what, changes, text] of PROBLEMS) {
    it(`refuses ${what}`, () => {
      const { problems } = parse(changes);
      assert.equal(problems.length, 1);
      assert.match(problems.map(formatProblem).join("\n"), text);
    });
  }

  it("refuses more regions than a policy of AWS holds, and says how many fit", () => {
    const regions = [..."abcdefghij"].flatMap((letter) =>
      [..."123456789"].map((number) => `ap-southeast${letter}-${number}`),
    );
    const { problems } = parse({ operatorRegions: JSON.stringify(regions) });
    const [, fitting] = /the first (\d+) of them/.exec(problems[0]?.allowed ?? "") ?? [];
    const most = {
      zoneId: "Z".repeat(32),
      stateBucket: "b".repeat(63),
      schedulerRole: "r".repeat(42),
    };
    const size = (count: number) =>
      JSON.stringify(operatorPolicy({ ...most, regions: regions.slice(0, count) })).length;
    assert.ok(size(Number(fitting)) <= MOST_CHARACTERS);
    assert.ok(size(Number(fitting) + 1) > MOST_CHARACTERS);
  });
});
