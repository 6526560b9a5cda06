import { strict as assert } from "node:assert";
import {
  AwsRefusal,
  errorBody,
  listOf,
  makeCall,
  withParameters,
} from "../../rehearsal/cloud/call";
import { asMotoReadsIt, changes, concernsMachines, UNDO } from "../../rehearsal/cloud/changes";
import { rulesOf } from "../../rehearsal/cloud/desired";
import { madeBy } from "../../rehearsal/cloud/things";
import { actionsOf, Seen } from "../../rehearsal/cloud/seen";
import { InLine } from "../../rehearsal/cloud/inLine";
import type { Desired } from "../../rehearsal/machines/desired";

function callOf(parameters: Record<string, string>) {
  const scope = "rehearsal/20261125/ap-south-1/ec2/aws4_request";
  return makeCall({
    method: "POST",
    url: "/",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    },
    body: Buffer.from(new URLSearchParams(parameters).toString()),
  });
}

describe("a call of AWS's API", () => {
  it("names its service, region, action and parameters", () => {
    const call = callOf({ Action: "StopInstances", "InstanceId.1": "i-1", "InstanceId.2": "i-2" });
    assert.deepEqual(
      [call.service, call.region, call.action],
      ["ec2", "ap-south-1", "StopInstances"],
    );
    assert.deepEqual(listOf(call.parameters, "InstanceId"), ["i-1", "i-2"]);
  });

  it("has no service when it isn't signed", () => {
    const call = makeCall({ method: "GET", url: "/address", headers: {}, body: Buffer.alloc(0) });
    assert.deepEqual([call.service, call.region, call.action], ["", "", ""]);
  });

  it("keeps length and body together when its parameters change", () => {
    const call = withParameters(
      callOf({ Action: "A" }),
      new URLSearchParams({ Action: "Änderung" }),
    );
    assert.equal(call.headers["content-length"], String(call.body.length));
    assert.equal(new URLSearchParams(call.body.toString()).get("Action"), "Änderung");
  });

  it("is refused in EC2's form or the other query APIs', with the message escaped", () => {
    const refusal = new AwsRefusal("Code", "a < b & c");
    assert.match(
      errorBody("ec2", refusal),
      /<Errors><Error><Code>Code<\/Code><Message>a &lt; b &amp; c<\/Message><\/Error><\/Errors>/,
    );
    assert.match(errorBody("iam", refusal), /<ErrorResponse><Error><Type>Sender<\/Type>/);
  });
});

describe("what changes", () => {
  it("is every call but those that only read", () => {
    const reads = [
      "DescribeVpcs",
      "GetConsoleOutput",
      "ListTags",
      "SearchTransitGatewayRoutes",
      "",
    ];
    assert.deepEqual(reads.filter(changes), []);
    assert.ok(["CreateVpc", "RunInstances", "ModifyVolume"].every(changes));
  });

  it("concerns machines when disks, addresses, ports or power may be different", () => {
    const concerning = [
      "RunInstances",
      "StartInstances",
      "StopInstances",
      "RebootInstances",
      "TerminateInstances",
      "AssociateAddress",
      "DisassociateAddress",
      "ReleaseAddress",
      "AuthorizeSecurityGroupIngress",
      "RevokeSecurityGroupEgress",
      "ModifySecurityGroupRules",
      "CreateVolume",
      "AttachVolume",
      "DetachVolume",
      "DeleteVolume",
      "ModifyVolume",
      "ModifyInstanceAttribute",
    ];
    assert.deepEqual(
      concerning.filter((action) => !concernsMachines(action)),
      [],
    );
    const others = ["CreateVpc", "CreateTags", "AllocateAddress", "CreateRoute", "ImportKeyPair"];
    assert.deepEqual(others.filter(concernsMachines), []);
  });

  it("is encoded once more where moto decodes twice", () => {
    const once = Buffer.from("#!/bin/sh\n").toString("base64");
    const call = callOf({ Action: "ModifyInstanceAttribute", "UserData.Value": once });
    const twice = asMotoReadsIt(call).parameters.get("UserData.Value") ?? "";
    assert.equal(Buffer.from(twice, "base64").toString(), once);
    const other = callOf({ Action: "RunInstances", UserData: once });
    assert.equal(asMotoReadsIt(other), other);
  });

  it("is undone by what it made: instances and volumes, each id once", () => {
    const run = callOf({ Action: "RunInstances", Version: "2016-11-15" });
    const answer =
      "<instanceId>i-1</instanceId><instanceId>i-1</instanceId><instanceId>i-2</instanceId>";
    assert.equal(
      UNDO["RunInstances"]?.(run, answer).body.toString(),
      "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1&InstanceId.2=i-2",
    );
    const create = callOf({ Action: "CreateVolume", Version: "2016-11-15" });
    assert.equal(
      UNDO["CreateVolume"]?.(create, "<volumeId>vol-1</volumeId>").body.toString(),
      "Action=DeleteVolume&Version=2016-11-15&VolumeId=vol-1",
    );
  });
});

describe("rules of a security group, as machines need them", () => {
  it("have one entry for each IPv4 range, names for protocols, and ports where there are any", () => {
    const both = [{ CidrIp: "10.0.0.0/8" }, { CidrIp: "0.0.0.0/0" }];
    assert.deepEqual(rulesOf([{ IpProtocol: "tcp", FromPort: 80, ToPort: 81, IpRanges: both }]), [
      { protocol: "tcp", fromPort: 80, toPort: 81, cidr: "10.0.0.0/8" },
      { protocol: "tcp", fromPort: 80, toPort: 81, cidr: "0.0.0.0/0" },
    ]);
    const any = [{ CidrIp: "0.0.0.0/0" }];
    const protocols = ["-1", "17", "1"].map(
      (IpProtocol) => rulesOf([{ IpProtocol, IpRanges: any }])[0],
    );
    assert.deepEqual(
      protocols.map((rule) => [rule?.protocol, rule?.fromPort, rule?.toPort]),
      [
        ["-1", -1, -1],
        ["udp", 0, 65_535],
        ["icmp", -1, -1],
      ],
    );
  });

  it("leave out protocols that machines don't speak, and IPv6", () => {
    const any = [{ CidrIp: "0.0.0.0/0" }];
    assert.deepEqual(rulesOf([{ IpProtocol: "50", IpRanges: any }]), []);
    assert.deepEqual(rulesOf([{ IpProtocol: "-1", Ipv6Ranges: [{ CidrIpv6: "::/0" }] }]), []);
    assert.deepEqual(rulesOf(undefined), []);
  });
});

describe("bringing in line", () => {
  const desired = (sizeGiB: number): Desired => ({
    machines: [],
    volumes: [{ volumeId: "vol-1", sizeGiB }],
  });
  const sizeOf = ({ volumes }: Desired) => volumes[0]?.sizeGiB;

  it("is done one at a time, and those who wait share one run for the newest", async () => {
    const runs: (number | undefined)[] = [];
    const releases: (() => void)[] = [];
    const line = new InLine((wanted) => {
      runs.push(sizeOf(wanted));
      return new Promise((resolve) => releases.push(resolve));
    });
    const first = line.bring(desired(1));
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = [line.bring(desired(2)), line.bring(desired(3))];
    assert.deepEqual(runs, [1]);
    releases[0]?.();
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(runs, [1, 3]);
    releases[1]?.();
    await Promise.all(waiting);
  });

  it("does nothing for what is in line, and tries again what failed", async () => {
    let runs = 0;
    const line = new InLine(async () => {
      runs += 1;
      if (runs === 2) throw new Error("busy");
    });
    await line.bring(desired(1));
    await line.bring(desired(1));
    assert.equal(runs, 1);
    await assert.rejects(line.bring(desired(2)), /busy/);
    await line.bring(desired(2));
    assert.equal(runs, 3);
  });
});

describe("what a policy must allow for a call", () => {
  const rest = (service: string, method: string, url: string, headers = {}) => {
    const scope = `KEY/20261125/ap-south-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    return actionsOf(
      makeCall({ method, url, headers: { authorization, ...headers }, body: Buffer.alloc(0) }),
    );
  };

  it("is the action of its name, and tagging where tags come with it", () => {
    assert.deepEqual(actionsOf(callOf({ Action: "StopInstances" })), ["ec2:StopInstances"]);
    const tags = { Action: "CreateVpc", "TagSpecification.1.ResourceType": "vpc" };
    assert.deepEqual(actionsOf(callOf(tags)), ["ec2:CreateVpc", "ec2:CreateTags"]);
  });

  for (const [method, url, ...actions] of [
    ["GET", "/b?list-type=2", "s3:ListBucket"],
    ["HEAD", "/b", "s3:ListBucket"],
    ["PUT", "/b", "s3:PUT bucket"],
    ["GET", "/b?versioning", "s3:GET ?versioning"],
    ["GET", "/b/.pulumi/stacks/x.json?x-id=GetObject", "s3:GetObject"],
    ["PUT", "/b/x", "s3:PutObject"],
    ["DELETE", "/b/x", "s3:DeleteObject"],
    ["POST", "/b/x?uploads", "s3:POST object"],
  ]) {
    it(`is ${actions.join(", ")} for S3's ${method} ${url}`, () => {
      assert.deepEqual(rest("s3", method ?? "", url ?? ""), actions);
    });
  }

  it("is reading and writing for a copy in S3", () => {
    const copy = rest("s3", "PUT", "/b/x", { "x-amz-copy-source": "b/y" });
    assert.deepEqual(copy, ["s3:GetObject", "s3:PutObject"]);
  });

  it("is told by the path for Route 53", () => {
    const version = "/2013-04-01";
    const told = [
      rest("route53", "POST", `${version}/hostedzone/Z1/rrset/`),
      rest("route53", "GET", `${version}/hostedzonesbyname?dnsname=x`),
      rest("route53", "GET", `${version}/change/C1`),
      rest("route53", "POST", `${version}/hostedzone`),
    ].flat();
    assert.deepEqual(told, [
      "route53:ChangeResourceRecordSets",
      "route53:ListHostedZonesByName",
      "route53:GetChange",
      "route53:POST /hostedzone",
    ]);
  });

  it("is counted by access key, the refused apart", () => {
    const seen = new Seen();
    seen.note(callOf({ Action: "StopInstances" }), 200);
    seen.note(callOf({ Action: "StopInstances" }), 403);
    seen.note(callOf({ Action: "StopInstances" }), 400);
    assert.deepEqual(seen.all(), {
      rehearsal: {
        allowed: { "ec2:StopInstances": 2 },
        refused: { "ec2:StopInstances": 1 },
        made: {},
        about: {},
      },
    });
  });
});

describe("what a call makes", () => {
  it("is told with the tag that comes with it, or its lack", () => {
    const call = callOf({
      Action: "RunInstances",
      "TagSpecification.1.ResourceType": "instance",
      "TagSpecification.1.Tag.1.Key": "Name",
      "TagSpecification.1.Tag.1.Value": "x",
      "TagSpecification.1.Tag.2.Key": "project",
      "TagSpecification.1.Tag.2.Value": "tljh-workshop",
      "TagSpecification.2.ResourceType": "volume",
    });
    assert.deepEqual(madeBy(call), ["instance project=tljh-workshop", "volume project=none"]);
    assert.deepEqual(madeBy(callOf({ Action: "StopInstances" })), []);
  });
});
