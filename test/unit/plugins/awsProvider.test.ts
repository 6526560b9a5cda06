import { strict as assert } from "node:assert";
import { UNKNOWN, type ResourceType, type Values } from "../../../rehearsal/plugins/base";
import { Session } from "../../../rehearsal/plugins/aws/client";
import { definitions, plugin } from "../../../rehearsal/plugins/aws/plugin";
import { routeId } from "../../../rehearsal/plugins/aws/routes";

const endpoint = "http://127.0.0.1:9";
const session = new Session();
const aws = plugin(session);
const context = (name: string) => ({
  urn: `urn:pulumi:t::p::x::${name}`,
  name,
  seed: new Uint8Array([1, 2, 3]),
});

function typeOf(token: string): Required<ResourceType> {
  const type = aws.resources[token];
  assert.ok(type, token);
  return type as Required<ResourceType>;
}

function checked(token: string, news: Values, olds?: Values) {
  return typeOf(token).check(news, olds, context("name"));
}

function reasons(token: string, news: Values): string {
  const failures = checked(token, news).failures ?? [];
  return failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n");
}

const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const INSTANCE = "aws:ec2/instance:Instance";
const KEY = "aws:ec2/keyPair:KeyPair";
const VOLUME = "aws:ebs/volume:Volume";
const RECORD = "aws:route53/record:Record";
const name = {
  zoneId: "Z1",
  name: "hub.workshop.test",
  type: "A",
  ttl: 60,
  records: ["127.0.0.1"],
};
const machine = { ami: "ami-1", instanceType: "t3.xlarge", subnetId: "subnet-1" };

const evening = {
  name: "evening",
  scheduleExpression: "cron(0 22 * * ? *)",
  scheduleExpressionTimezone: "Asia/Almaty",
  flexibleTimeWindow: { mode: "OFF" },
  target: {
    arn: "arn:aws:scheduler:::aws-sdk:ec2:stopInstances",
    roleArn: "arn:aws:iam::1:role/x",
  },
};

/** From the documentation of each resource: what makes a new one, and what is changed in place. */
const CHANGES: [token: string, before: Values, after: Values, replaces: string[]][] = [
  ["aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" }, { cidrBlock: "10.1.0.0/16" }, ["cidrBlock"]],
  ["aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" }, { enableDnsHostnames: true }, []],
  [
    "aws:ec2/subnet:Subnet",
    { vpcId: "vpc-1", cidrBlock: "10.0.0.0/24" },
    { vpcId: "vpc-2" },
    ["vpcId"],
  ],
  [
    "aws:ec2/subnet:Subnet",
    { vpcId: "vpc-1", cidrBlock: "10.0.0.0/24" },
    { mapPublicIpOnLaunch: true },
    [],
  ],
  ["aws:ec2/internetGateway:InternetGateway", { vpcId: "vpc-1" }, { vpcId: "vpc-2" }, []],
  ["aws:ec2/routeTable:RouteTable", { vpcId: "vpc-1" }, { vpcId: "vpc-2" }, ["vpcId"]],
  [
    "aws:ec2/route:Route",
    { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0", gatewayId: "igw-1" },
    { gatewayId: "igw-2" },
    [],
  ],
  [
    "aws:ec2/route:Route",
    { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0", gatewayId: "igw-1" },
    { destinationCidrBlock: "10.0.0.0/8" },
    ["destinationCidrBlock"],
  ],
  [
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    { routeTableId: "rtb-1", subnetId: "subnet-1" },
    { routeTableId: "rtb-2" },
    [],
  ],
  [
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    { routeTableId: "rtb-1", subnetId: "subnet-1" },
    { subnetId: "subnet-2" },
    ["subnetId"],
  ],
  [RECORD, name, { ttl: 3600, records: ["127.0.0.2"], allowOverwrite: true }, []],
  [
    RECORD,
    name,
    { name: "www", type: "AAAA", zoneId: "Z2", records: ["::1"] },
    ["zoneId", "name", "type"],
  ],
  [GROUP, { vpcId: "vpc-1" }, { description: "other" }, ["description"]],
  [GROUP, { vpcId: "vpc-1" }, { tags: { Name: "x" } }, []],
  [
    RULE,
    { securityGroupId: "sg-1", cidrIpv4: "10.0.0.0/8", ipProtocol: "-1" },
    { cidrIpv4: "11.0.0.0/8" },
    [],
  ],
  [
    RULE,
    { securityGroupId: "sg-1", cidrIpv4: "10.0.0.0/8", ipProtocol: "-1" },
    { securityGroupId: "sg-2" },
    ["securityGroupId"],
  ],
  [KEY, { publicKey: "ssh-ed25519 A" }, { publicKey: "ssh-ed25519 B" }, ["publicKey"]],
  [INSTANCE, machine, { instanceType: "t3.large" }, []],
  [INSTANCE, machine, { userData: "x" }, []],
  [INSTANCE, machine, { userData: "x", userDataReplaceOnChange: true }, ["userData"]],
  [INSTANCE, machine, { ami: "ami-2" }, ["ami"]],
  [INSTANCE, machine, { keyName: "other" }, ["keyName"]],
  [INSTANCE, machine, { subnetId: "subnet-2" }, ["subnetId"]],
  [INSTANCE, machine, { availabilityZone: "ap-south-1b" }, ["availabilityZone"]],
  [INSTANCE, machine, { vpcSecurityGroupIds: ["sg-2"] }, []],
  [INSTANCE, machine, { rootBlockDevice: { volumeSize: 30 } }, []],
  [INSTANCE, machine, { rootBlockDevice: { encrypted: true } }, ["rootBlockDevice"]],
  [INSTANCE, machine, { metadataOptions: { httpTokens: "required" } }, []],
  ["aws:ec2/eip:Eip", { domain: "vpc" }, { tags: { Name: "x" } }, []],
  [
    "aws:ec2/eipAssociation:EipAssociation",
    { allocationId: "eipalloc-1", instanceId: "i-1" },
    { instanceId: "i-2" },
    ["instanceId"],
  ],
  [VOLUME, { availabilityZone: "ap-south-1a", size: 8 }, { size: 9, type: "gp3" }, []],
  [
    VOLUME,
    { availabilityZone: "ap-south-1a", size: 8 },
    { availabilityZone: "ap-south-1b" },
    ["availabilityZone"],
  ],
  [
    "aws:ec2/volumeAttachment:VolumeAttachment",
    { deviceName: "/dev/sdf", instanceId: "i-1", volumeId: "vol-1" },
    { instanceId: "i-2" },
    ["instanceId"],
  ],
  [
    "aws:ec2/volumeAttachment:VolumeAttachment",
    { deviceName: "/dev/sdf", instanceId: "i-1", volumeId: "vol-1" },
    { skipDestroy: true },
    [],
  ],
  ["aws:iam/group:Group", { name: "a" }, { name: "b" }, []],
  [
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    { group: "a", policyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" },
    { policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
    ["policyArn"],
  ],
  ["aws:iam/policy:Policy", { name: "a", policy: "{}" }, { policy: '{"Statement":[]}' }, []],
  ["aws:iam/policy:Policy", { name: "a", policy: "{}" }, { description: "x" }, ["description"]],
  ["aws:iam/role:Role", { name: "a", assumeRolePolicy: "{}" }, { name: "b" }, ["name"]],
  ["aws:iam/role:Role", { name: "a", assumeRolePolicy: "{}" }, { description: "x" }, []],
  [
    "aws:iam/rolePolicy:RolePolicy",
    { name: "a", role: "r", policy: "{}" },
    { policy: '{"Statement":[]}' },
    [],
  ],
  ["aws:iam/user:User", { name: "a" }, { name: "b" }, []],
  [
    "aws:iam/userGroupMembership:UserGroupMembership",
    { user: "a", groups: ["x"] },
    { groups: ["y"] },
    [],
  ],
  ["aws:iam/accessKey:AccessKey", { user: "a" }, { user: "b" }, ["user"]],
  ["aws:iam/accessKey:AccessKey", { user: "a" }, { status: "Inactive" }, []],
  ["aws:s3/bucket:Bucket", { bucket: "a-state" }, { bucket: "b-state" }, ["bucket"]],
  ["aws:s3/bucket:Bucket", { bucket: "a-state" }, { forceDestroy: true }, []],
  [
    "aws:s3/bucketPolicy:BucketPolicy",
    { bucket: "a-state", policy: "{}" },
    { policy: '{"Statement":[]}' },
    [],
  ],
  [
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    { bucket: "a-state" },
    { blockPublicAcls: true },
    [],
  ],
  [
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    { bucket: "a-state", rules: [] },
    { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    [],
  ],
  [
    "aws:s3/bucketVersioning:BucketVersioning",
    { bucket: "a-state", versioningConfiguration: { status: "Enabled" } },
    { bucket: "b-state" },
    ["bucket"],
  ],
  ["aws:scheduler/schedule:Schedule", evening, { scheduleExpression: "cron(0 23 * * ? *)" }, []],
  ["aws:scheduler/schedule:Schedule", evening, { name: "another" }, ["name"]],
];

describe("AWS stand-in: the engine's questions", () => {
  before(() =>
    session.configure({
      region: "ap-south-1",
      accessKey: "test",
      secretKey: "test",
      skipCredentialsValidation: "true",
      endpoints: JSON.stringify([{ ec2: endpoint, sts: endpoint }]),
      defaultTags: JSON.stringify({ tags: { Project: "workshop" } }),
    }),
  );

  for (const [token, before, change, replaces] of CHANGES) {
    const what = replaces.length === 0 ? "is changed in place" : "makes a new one";
    it(`${token.split(":").at(-1) ?? ""}: a changed ${Object.keys(change).join(", ")} ${what}`, () => {
      const olds = checked(token, before).inputs;
      const { inputs, failures } = checked(token, { ...before, ...change }, olds);
      assert.deepEqual(failures, []);
      const diff = typeOf(token).diff("id", olds, olds, inputs);
      assert.equal(diff.changes, true);
      assert.deepEqual(diff.replaces, replaces);
    });
  }

  it("every resource type answers an unchanged program with no change", () => {
    for (const [token, before] of CHANGES) {
      const olds = checked(token, before).inputs;
      const { inputs } = checked(token, before, olds);
      assert.equal(typeOf(token).diff("id", olds, olds, inputs).changes, false, token);
    }
  });

  it("every resource type is covered by the table of changes", () => {
    const covered = new Set(CHANGES.map(([token]) => token));
    const twins = [
      "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    ];
    const left = Object.keys(definitions).filter((token) => !covered.has(token));
    assert.deepEqual(left, twins);
  });

  it("a policy whose keys stand in another order is the same; one that is no JSON is refused", () => {
    const token = "aws:s3/bucketPolicy:BucketPolicy";
    const before = { bucket: "a-state", policy: '{"Version":"1","Statement":[{"a":1,"b":2}]}' };
    const after = { bucket: "a-state", policy: '{"Statement":[{"b":2,"a":1}],"Version":"1"}' };
    assert.equal(typeOf(token).diff("id", before, before, after).changes, false);
    assert.match(reasons(token, { ...before, policy: "no" }), /policy: contains an invalid JSON/);
  });

  it("region and all tags are known before creation", () => {
    const { inputs } = checked("aws:ec2/eip:Eip", { tags: { Name: "x" } });
    assert.equal(inputs["region"], "ap-south-1");
    assert.deepEqual(inputs["tagsAll"], { Project: "workshop", Name: "x" });
    const unknown = checked("aws:ec2/eip:Eip", { tags: { Name: UNKNOWN } }).inputs;
    assert.deepEqual(unknown["tagsAll"], { Project: "workshop", Name: UNKNOWN });
  });

  it("a resource without a name gets one and keeps it; another seed gives another", () => {
    const { inputs } = checked(GROUP, {});
    assert.match(String(inputs["name"]), /^name-[0-9a-f]{7}$/);
    assert.equal(checked(GROUP, {}, inputs).inputs["name"], inputs["name"]);
    const other = typeOf(GROUP).check({}, undefined, {
      ...context("name"),
      seed: new Uint8Array([9]),
    });
    assert.notEqual(other.inputs["name"], inputs["name"]);
  });

  it("a given name means delete before replace, a made-up one doesn't", () => {
    for (const [name, first] of [
      ["workshop", true],
      [undefined, false],
    ] as const) {
      const olds = checked(GROUP, { name, description: "a" }).inputs;
      const news = checked(GROUP, { name, description: "b" }, olds).inputs;
      assert.equal(typeOf(GROUP).diff("sg-1", olds, olds, news).deleteBeforeReplace, first);
    }
  });

  it("user data that isn't known yet is a change, and no refusal", () => {
    const olds = checked(INSTANCE, { ...machine, userData: "x" }).inputs;
    const { inputs, failures } = checked(INSTANCE, { ...machine, userData: UNKNOWN }, olds);
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(typeOf(INSTANCE).diff("i-1", olds, olds, inputs).detailed ?? {}), [
      "userData",
    ]);
  });

  it("the id of a route is its table and the checksum of its destination", () => {
    assert.equal(routeId("rtb-1", "0.0.0.0/0"), "r-rtb-11080289494");
  });
});

describe("AWS stand-in: refusals before anything is created", () => {
  const rule = { securityGroupId: "sg-1", cidrIpv4: "10.0.0.0/8", ipProtocol: "tcp" };
  const REFUSALS: [what: string, token: string, news: Values, wanted: RegExp][] = [
    ["a missing argument", VOLUME, { size: 1 }, /^availabilityZone: Missing required argument/],
    [
      "a volume of no size",
      VOLUME,
      { availabilityZone: "a" },
      /one of `size,snapshotId` must be specified/,
    ],
    [
      "a network address with host bits",
      "aws:ec2/vpc:Vpc",
      { cidrBlock: "10.0.0.5/16" },
      /did you mean "10\.0\.0\.0\/16"\?/,
    ],
    [
      "no network address",
      "aws:ec2/vpc:Vpc",
      { cidrBlock: "10.0.0.0" },
      /is not a valid IPv4 CIDR block/,
    ],
    [
      "a rule without a peer",
      RULE,
      { securityGroupId: "sg-1", ipProtocol: "-1" },
      /one of `cidrIpv4,cidrIpv6,prefixListId,referencedSecurityGroupId` must be specified/,
    ],
    ["a rule with two peers", RULE, { ...rule, ipProtocol: "-1", cidrIpv6: "::/0" }, /only one of/],
    [
      "a rule with all protocols and a port",
      RULE,
      { ...rule, ipProtocol: "-1", fromPort: 1 },
      /^fromPort: ipProtocol "-1" means all/,
    ],
    ["a TCP rule without ports", RULE, rule, /^fromPort: .*required.*\ntoPort: /],
    ["in-line rules", GROUP, { ingress: [] }, /^ingress: In-line rules/],
    ["a group name that AWS keeps for itself", GROUP, { name: "sg-web" }, /cannot begin with sg-/],
    [
      "an instance without an image",
      INSTANCE,
      { instanceType: "t3.small" },
      /^ami: one of `ami,launchTemplate` must be specified/,
    ],
    [
      "two kinds of user data",
      INSTANCE,
      { ...machine, userData: "a", userDataBase64: "YQ==" },
      /conflicts with userDataBase64/,
    ],
    [
      "a metadata option that doesn't exist",
      INSTANCE,
      { ...machine, metadataOptions: { httpTokens: "maybe" } },
      /^metadataOptions\.httpTokens: expected one of/,
    ],
    [
      "what isn't imitated",
      INSTANCE,
      { ...machine, launchTemplate: {} },
      /doesn't imitate the argument "launchTemplate" of aws\.ec2\.Instance.*REHEARSAL_PLUGIN_AWS=real/,
    ],
    [
      "an association with nothing",
      "aws:ec2/eipAssociation:EipAssociation",
      { allocationId: "eipalloc-1" },
      /instanceId,networkInterfaceId/,
    ],
  ];
  for (const [what, token, news, wanted] of REFUSALS) {
    it(what, () => assert.match(reasons(token, news), wanted));
  }
});
