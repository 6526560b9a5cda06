import { strict as assert } from "node:assert";
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
  ModifyInstanceMetadataOptionsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { InitializationError, type ResourceType, type Values } from "../../rehearsal/plugins/base";
import { Session } from "../../rehearsal/plugins/aws/client";
import { plugin } from "../../rehearsal/plugins/aws/plugin";
import { openMoto, type Moto } from "./awsMoto";

const KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEq0pPPnWqDCkFXtM3JWvFZ8u1B9HdCVTHxyBUdYpXL test\n";
const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";

/** A resource as the engine would keep it. */
interface Made {
  token: string;
  id: string;
  inputs: Values;
  outputs: Values;
}

let moto: Moto;
let aws: ReturnType<typeof plugin>;
let ec2: EC2Client;
const made: Made[] = [];

function typeOf(token: string): Required<ResourceType> {
  const type = aws.resources[token];
  assert.ok(type, token);
  return type as Required<ResourceType>;
}

const context = (name: string, timeoutSeconds = 5) => ({
  urn: `urn:pulumi:t::p::x::${name}`,
  name,
  timeoutSeconds,
});

async function make(token: string, name: string, news: Values): Promise<Made> {
  const type = typeOf(token);
  const { inputs, failures } = type.check(news, undefined, context(name));
  assert.deepEqual(failures ?? [], []);
  const { id, outputs } = await type.create(inputs, context(name));
  const resource = { token, id, inputs, outputs };
  made.push(resource);
  return resource;
}

/** What a refresh finds: undefined for gone, else how the program differs from it. */
async function drift(resource: Made): Promise<string[] | undefined> {
  const type = typeOf(resource.token);
  const { id, inputs, outputs } = resource;
  const live = await type.read(id, inputs, outputs, context("read"));
  if (live === undefined) return undefined;
  return Object.keys(type.diff(live.id, live.inputs, live.outputs, inputs).detailed ?? {});
}

/** Changes a resource in place, as the engine does when the diff has no replaces. */
async function change(resource: Made, changes: Values): Promise<void> {
  const type = typeOf(resource.token);
  const news = { ...resource.inputs, ...changes };
  const { inputs, failures } = type.check(news, resource.inputs, context("x"));
  assert.deepEqual(failures ?? [], []);
  const diff = type.diff(resource.id, resource.inputs, resource.outputs, inputs);
  assert.equal(diff.changes, true);
  assert.deepEqual(diff.replaces ?? [], []);
  resource.outputs = await type.update(
    resource.id,
    resource.inputs,
    resource.outputs,
    inputs,
    context("x"),
  );
  resource.inputs = inputs;
}

async function ask(token: string, args: Values): Promise<Values> {
  const lookup = aws.functions[token];
  assert.ok(lookup, token);
  return lookup(args);
}

function find(token: string): Made {
  const resource = made.find((one) => one.token === token);
  assert.ok(resource, token);
  return resource;
}

async function configured(endpoint: string): Promise<ReturnType<typeof plugin>> {
  const fresh = plugin(new Session());
  await fresh.configure?.({
    region: "ap-south-1",
    accessKey: "test",
    secretKey: "test",
    skipCredentialsValidation: "true",
    endpoints: JSON.stringify([{ ec2: endpoint, sts: endpoint }]),
    defaultTags: JSON.stringify({ tags: { Project: "workshop" } }),
  });
  return fresh;
}

describe("AWS stand-in against moto", function () {
  this.timeout(60_000);

  before(async () => {
    moto = await openMoto();
    aws = await configured(moto.endpoint);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    ec2 = new EC2Client({ region: "ap-south-1", endpoint: moto.endpoint, credentials });
  });

  after(async () => {
    ec2?.destroy();
    await moto?.close();
  });

  describe("look-ups", () => {
    const owners = ["099720109477"];
    const filters = [{ name: "name", values: ["ubuntu/images/*"] }];

    it("getAmi finds the newest of several, and refuses to choose by itself", async () => {
      const ami = await ask("aws:ec2/getAmi:getAmi", { owners, filters, mostRecent: true });
      assert.match(String(ami["id"]), /^ami-/);
      assert.equal(ami["ownerId"], "099720109477");
      await assert.rejects(
        ask("aws:ec2/getAmi:getAmi", { owners, filters }),
        /more than one result/,
      );
    });

    it("getAmi's nameRegex is applied to what AWS returns", async () => {
      const nameRegex = "trusty-14\\.04";
      const ami = await ask("aws:ec2/getAmi:getAmi", {
        owners,
        filters,
        nameRegex,
        mostRecent: true,
      });
      assert.match(String(ami["name"]), /trusty-14\.04/);
    });

    it("getAmi says what the real one says when nothing matches", async () => {
      const nothing = { owners, mostRecent: true, nameRegex: "^no-such-image$" };
      await assert.rejects(ask("aws:ec2/getAmi:getAmi", nothing), {
        message:
          "invoking aws:ec2/getAmi:getAmi: 1 error occurred:\n\t* Your query returned no results. " +
          "Please change your search criteria and try again.\n\n",
      });
    });

    it("getAmi refuses the newest image of anybody", async () => {
      const anybody = { filters, mostRecent: true };
      await assert.rejects(ask("aws:ec2/getAmi:getAmi", anybody), /a third party may introduce/);
    });

    it("getInstances answers none without an error", async () => {
      const found = await ask("aws:ec2/getInstances:getInstances", {
        filters: [{ name: "tag:Project", values: ["elsewhere"] }],
      });
      assert.deepEqual([found["ids"], found["publicIps"]], [[], []]);
    });

    it("getInstanceType knows the memory; an unknown type is AWS's error", async () => {
      const token = "aws:ec2/getInstanceType:getInstanceType";
      assert.equal((await ask(token, { instanceType: "t3.xlarge" }))["memorySize"], 16_384);
      await assert.rejects(
        ask(token, { instanceType: "t9.huge" }),
        /reading EC2 Instance Type \(t9\.huge\): operation error EC2: DescribeInstanceTypes, https response error StatusCode: 400, RequestID: \S+, api error InvalidInstanceType: /,
      );
    });

    it("getInstanceTypeOfferings and getAvailabilityZones name the same zones", async () => {
      const offers = await ask("aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings", {
        locationType: "availability-zone",
        filters: [{ name: "instance-type", values: ["t3.xlarge"] }],
      });
      const zones = await ask("aws:index/getAvailabilityZones:getAvailabilityZones", {
        state: "available",
        excludeNames: ["ap-south-1c"],
      });
      assert.deepEqual(zones["names"], ["ap-south-1a", "ap-south-1b"]);
      assert.deepEqual([...(offers["locations"] as string[])].sort(), [
        "ap-south-1a",
        "ap-south-1b",
        "ap-south-1c",
      ]);
    });

    it("getCallerIdentity and getRegion", async () => {
      const identity = await ask("aws:index/getCallerIdentity:getCallerIdentity", {});
      assert.match(String(identity["accountId"]), /^\d{12}$/);
      assert.equal((await ask("aws:index/getRegion:getRegion", {}))["region"], "ap-south-1");
    });
  });

  describe("a whole stack", () => {
    before(async () => {
      const { id: vpcId, outputs: vpc } = await make(VPC, "vpc", {
        cidrBlock: "10.0.0.0/16",
        enableDnsHostnames: true,
        tags: { Name: "vpc" },
      });
      assert.equal(vpc["enableDnsHostnames"], true);
      const subnet = await make(SUBNET, "subnet", { vpcId, cidrBlock: "10.0.1.0/24" });
      const gateway = await make("aws:ec2/internetGateway:InternetGateway", "gateway", { vpcId });
      const table = await make("aws:ec2/routeTable:RouteTable", "table", { vpcId });
      await make("aws:ec2/route:Route", "route", {
        routeTableId: table.id,
        destinationCidrBlock: "0.0.0.0/0",
        gatewayId: gateway.id,
      });
      await make("aws:ec2/routeTableAssociation:RouteTableAssociation", "association", {
        routeTableId: table.id,
        subnetId: subnet.id,
      });
      const group = await make(GROUP, "web", { vpcId });
      const securityGroupId = group.id;
      await make(INGRESS, "ssh", {
        securityGroupId,
        cidrIpv4: "192.0.2.1/32",
        fromPort: 22,
        toPort: 22,
        ipProtocol: "tcp",
        tags: { Name: "ssh" },
      });
      await make("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "out", {
        securityGroupId,
        cidrIpv4: "0.0.0.0/0",
        ipProtocol: "-1",
      });
      const key = await make("aws:ec2/keyPair:KeyPair", "key", { publicKey: KEY });
      const images = { owners: ["099720109477"], mostRecent: true };
      const ami = (await ask("aws:ec2/getAmi:getAmi", images))["id"];
      const instance = await make(INSTANCE, "instance", {
        ami,
        instanceType: "t3.xlarge",
        keyName: key.id,
        subnetId: subnet.id,
        vpcSecurityGroupIds: [group.id],
        userData: "#cloud-config\nmessage: grüß dich\n",
        rootBlockDevice: { volumeSize: 20, volumeType: "gp3", encrypted: true },
        metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
        creditSpecification: { cpuCredits: "standard" },
        tags: { Name: "instance" },
      });
      const address = await make("aws:ec2/eip:Eip", "address", { domain: "vpc" });
      await make("aws:ec2/eipAssociation:EipAssociation", "eip-association", {
        allocationId: address.id,
        instanceId: instance.id,
      });
      const volume = await make(VOLUME, "volume", {
        availabilityZone: instance.outputs["availabilityZone"],
        size: 40,
        type: "gp3",
        encrypted: true,
      });
      await make(ATTACHMENT, "attachment", {
        deviceName: "/dev/sdf",
        instanceId: instance.id,
        volumeId: volume.id,
        stopInstanceBeforeDetaching: true,
      });
    });

    it("a refresh right after shows no change of any resource", async () => {
      for (const resource of made) {
        assert.deepEqual(await drift(resource), [], resource.token);
      }
    });

    it("every resource can be imported with what was asked for", async () => {
      const ids: Record<string, string> = {
        "aws:ec2/route:Route": `${find("aws:ec2/routeTable:RouteTable").id}_0.0.0.0/0`,
        [ATTACHMENT]: `/dev/sdf:${find(VOLUME).id}:${find(INSTANCE).id}`,
      };
      const onlyInProgram = ["stopInstanceBeforeDetaching", "userDataReplaceOnChange"];
      for (const { token, id, inputs } of made) {
        const type = typeOf(token);
        const imported = await type.read(ids[token] ?? id, {}, {}, context("import"));
        assert.ok(imported, token);
        assert.equal(imported.id, id);
        const differing = type.diff(id, imported.inputs, imported.outputs, inputs).detailed ?? {};
        const unexpected = Object.keys(differing).filter((path) => !onlyInProgram.includes(path));
        assert.deepEqual(unexpected, [], token);
      }
    });

    it("default tags are on every tagged resource and its volumes, but not among its own tags", () => {
      const instance = find(INSTANCE).outputs;
      assert.deepEqual(instance["tags"], { Name: "instance" });
      assert.deepEqual(instance["tagsAll"], { Name: "instance", Project: "workshop" });
      const root = instance["rootBlockDevice"] as Values;
      assert.deepEqual(root["tagsAll"], { Project: "workshop" });
    });

    it("a new security group lets nothing out but what a rule allows", async () => {
      const Filters = [{ Name: "group-id", Values: [find(GROUP).id] }];
      const answer = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
      const outward = (answer.SecurityGroupRules ?? []).filter((rule) => rule.IsEgress);
      assert.deepEqual(
        outward.map((rule) => rule.SecurityGroupRuleId),
        [find("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").id],
      );
    });

    it("changes made behind its back show up, and an update heals them", async () => {
      const instance = find(INSTANCE);
      await ec2.send(
        new ModifyInstanceMetadataOptionsCommand({
          InstanceId: instance.id,
          HttpTokens: "optional",
        }),
      );
      const Tags = [{ Key: "Added", Value: "by hand" }];
      await ec2.send(new CreateTagsCommand({ Resources: [instance.id], Tags }));
      assert.deepEqual((await drift(instance))?.sort(), [
        "metadataOptions.httpTokens",
        "tags.Added",
        "tagsAll.Added",
      ]);
      const type = typeOf(INSTANCE);
      const live = await type.read(instance.id, instance.inputs, instance.outputs, context("x"));
      assert.ok(live);
      await type.update(instance.id, live.inputs, live.outputs, instance.inputs, context("x"));
      assert.deepEqual(await drift(instance), []);
    });

    it("changed user data and type stop the instance once, change it, and start it again", async () => {
      const instance = find(INSTANCE);
      moto.calls.length = 0;
      await change(instance, {
        userData: "#cloud-config\nmessage: new\n",
        instanceType: "t3.large",
      });
      const power = moto.calls.filter((call) => /^(Stop|Start|Run)Instances$/.test(call));
      assert.deepEqual(power, ["StopInstances", "StartInstances"]);
      assert.equal(instance.outputs["userData"], "#cloud-config\nmessage: new\n");
      assert.equal(instance.outputs["instanceType"], "t3.large");
      assert.equal(instance.outputs["instanceState"], "running");
      assert.deepEqual(await drift(instance), []);
    });

    it("user data that looks like base64 stays what it is", async () => {
      const instance = find(INSTANCE);
      await change(instance, { userData: "aGVsbG8=" });
      assert.equal(instance.outputs["userData"], "aGVsbG8=");
    });

    it("volumes, tags, metadata options and groups change without a stop", async () => {
      const instance = find(INSTANCE);
      moto.calls.length = 0;
      await change(instance, {
        rootBlockDevice: {
          volumeSize: 30,
          volumeType: "gp3",
          encrypted: true,
          tags: { Name: "root" },
        },
        metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 },
        tags: { Name: "renamed" },
        disableApiTermination: true,
      });
      await change(instance, { disableApiTermination: false });
      await change(find(VOLUME), { size: 50 });
      assert.ok(!moto.calls.includes("StopInstances"));
      const root = instance.outputs["rootBlockDevice"] as Values;
      assert.deepEqual([root["volumeSize"], root["tags"]], [30, { Name: "root" }]);
      assert.equal(find(VOLUME).outputs["size"], 50);
      assert.deepEqual(await drift(instance), []);
    });

    it("a rule keeps its id when its range changes", async () => {
      const rule = find(INGRESS);
      await change(rule, { cidrIpv4: "198.51.100.0/24", description: "office" });
      assert.equal(rule.outputs["securityGroupRuleId"], rule.id);
      assert.equal(rule.outputs["cidrIpv4"], "198.51.100.0/24");
      assert.deepEqual(await drift(rule), []);
    });

    it("a rule revoked by hand is gone", async () => {
      const rule = await make(INGRESS, "short-lived", {
        securityGroupId: find(GROUP).id,
        cidrIpv4: "192.0.2.2/32",
        fromPort: 80,
        toPort: 80,
        ipProtocol: "tcp",
      });
      await ec2.send(
        new RevokeSecurityGroupIngressCommand({
          GroupId: find(GROUP).id,
          SecurityGroupRuleIds: [rule.id],
        }),
      );
      assert.equal(await drift(rule), undefined);
    });

    it("an error of AWS names operation, status, request, code and message", async () => {
      const news = { vpcId: "vpc-0123456789abcdef0", cidrBlock: "10.9.0.0/24" };
      await assert.rejects(
        make(SUBNET, "nowhere", news),
        /^Error: 1 error occurred:\n\t\* creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, RequestID: \S+, api error InvalidVpcID\.NotFound: /,
      );
    });

    it("a create that fails half-way keeps the id, and the next update finishes it", async () => {
      const type = typeOf(GROUP);
      const news = { vpcId: find(VPC).id, name: "half-way" };
      const { inputs } = type.check(news, undefined, context("half-way"));
      moto.refuse("RevokeSecurityGroupEgress", "UnauthorizedOperation");
      const failure: unknown = await type.create(inputs, context("half-way")).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(failure instanceof InitializationError);
      assert.match(failure.id, /^sg-/);
      assert.match(failure.reasons.join(), /UnauthorizedOperation: made to fail by the test/);
      const group = { token: GROUP, id: failure.id, inputs, outputs: inputs };
      made.push(group);
      await type.update(group.id, inputs, inputs, inputs, context("half-way"));
      const Filters = [{ Name: "group-id", Values: [group.id] }];
      const rules = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
      assert.deepEqual(rules.SecurityGroupRules, []);
    });

    it("a delete waits while something depends on it, but not for ever", async () => {
      const subnet = await make(SUBNET, "busy", { vpcId: find(VPC).id, cidrBlock: "10.0.7.0/24" });
      const type = typeOf(SUBNET);
      const { id, inputs, outputs } = subnet;
      moto.refuse("DeleteSubnet", "DependencyViolation", 1000);
      await assert.rejects(
        type.delete(id, inputs, outputs, context("x", 0.3)),
        /DependencyViolation/,
      );
      moto.refuse("DeleteSubnet", "DependencyViolation", 2);
      await type.delete(id, inputs, outputs, context("x"));
      assert.equal(await drift(subnet), undefined);
    });

    it("deleting in reverse leaves nothing, and what is gone already is no error", async () => {
      const attachment = find(ATTACHMENT);
      moto.calls.length = 0;
      for (const { token, id, inputs, outputs } of [...made].reverse()) {
        const type = typeOf(token);
        await type.delete(id, inputs, outputs, context("x"));
        await type.delete(id, inputs, outputs, context("x"));
        const left = await type.read(id, inputs, outputs, context("x"));
        assert.equal(left, undefined, token);
      }
      const order = [moto.calls.indexOf("StopInstances"), moto.calls.indexOf("DetachVolume")];
      assert.ok(
        order[0] !== -1 && (order[0] ?? 0) < (order[1] ?? 0),
        `${attachment.id}: ${order.join()}`,
      );
      const answer = await ec2.send(new DescribeInstancesCommand({}));
      const states = (answer.Reservations ?? []).flatMap((one) => one.Instances ?? []);
      assert.ok(states.every((instance) => instance.State?.Name === "terminated"));
    });
  });

  describe("an endpoint that doesn't answer", () => {
    it("is an error that says so", async () => {
      const nobody = await configured("http://127.0.0.1:9");
      const getRegion = nobody.functions["aws:index/getRegion:getRegion"];
      assert.ok(getRegion);
      await assert.rejects(getRegion({}), /DescribeRegions.*request send failed.*ECONNREFUSED/s);
    });

    it("stops a configuration that wants the credentials checked", async () => {
      const config = {
        region: "ap-south-1",
        accessKey: "test",
        secretKey: "test",
        endpoints: JSON.stringify([{ ec2: "http://127.0.0.1:9", sts: "http://127.0.0.1:9" }]),
      };
      const asking = plugin(new Session());
      await assert.rejects(async () => asking.configure?.(config), /GetCallerIdentity/);
    });
  });
});
