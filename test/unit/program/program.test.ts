import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { providerError, runProgram, type Registered, type Run } from "./run";

function only(run: Run, type: string): Registered {
  const found = run.resources.filter((one) => one.type === type);
  assert.equal(found.length, 1, `${found.length} resources of type ${type}`);
  return found[0];
}

function byName(run: Run, name: string): Registered {
  const found = run.resources.find((one) => one.name === name && one.parent !== undefined);
  assert.ok(found, `no resource ${name}`);
  return found;
}

async function refusal(config: Record<string, string>, answers = {}): Promise<string> {
  const error: unknown = await runProgram(config, answers).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof pulumi.RunError, String(error));
  return error.message;
}

describe("the program", () => {
  let run: Run;
  before(async function () {
    this.timeout(60_000);
    run = await runProgram();
  });

  it("has a component for each phase of the guide", () => {
    const tops = run.resources.filter((one) => one.parent === undefined).map((one) => one.type);
    assert.deepEqual(tops, [
      "tljh:index:Network",
      "tljh:index:Instance",
      "tljh:index:ElasticIp",
      "tljh:index:Dns",
      "pulumi-nodejs:dynamic/tljh:ServerReachable",
      "tljh:index:Tljh",
      "tljh:index:Accounts",
      "tljh:index:PublicPorts",
      "tljh:index:Packages",
      "tljh:index:CourseAccess",
      "tljh:index:CourseContent",
      "tljh:index:Https",
      "tljh:index:Calendar",
      "pulumi-nodejs:dynamic/tljh:DestroyGuard",
    ]);
  });

  it("puts every other resource into one of them", () => {
    const parents = (type: string) => run.resources.filter((one) => one.type === type);
    for (const type of ["aws:ec2/vpc:Vpc", "aws:ec2/instance:Instance", "command:remote:Command"]) {
      assert.ok(parents(type).length > 0);
      for (const one of parents(type)) assert.equal(one.parent, "test", one.name);
    }
  });

  it("tags everything that can be tagged with project and stack", () => {
    const tagged = run.resources.filter((one) => "tags" in one.inputs);
    assert.equal(tagged.length, 13);
    for (const { name, inputs } of tagged) {
      const tags = inputs["tags"] as Record<string, string>;
      assert.equal(tags["project"], "tljh-workshop", name);
      assert.equal(tags["stack"], "test", name);
      assert.match(tags["Name"] ?? "", /^test-/);
    }
  });

  it("opens only SSH before the accounts exist, and 80 and 443 after", () => {
    const rules = run.resources.filter((one) => one.type.includes("securityGroupIngressRule"));
    const ports = rules.map(({ inputs }) => [inputs["fromPort"], inputs["cidrIpv4"]]);
    assert.deepEqual(ports, [
      [22, "203.0.113.0/24"],
      [80, "0.0.0.0/0"],
      [443, "0.0.0.0/0"],
    ]);
    const door = only(run, "tljh:index:PublicPorts");
    const [accounts] = [door.opts.dependsOn].flat() as { __pulumiType?: string }[];
    assert.equal(accounts?.__pulumiType, "tljh:index:Accounts");
  });

  it("allows the server to reach the internet", () => {
    const { inputs } = only(run, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule");
    assert.equal(inputs["ipProtocol"], "-1");
    assert.equal(inputs["cidrIpv4"], "0.0.0.0/0");
    assert.deepEqual(only(run, "aws:ec2/securityGroup:SecurityGroup").inputs["egress"], undefined);
  });

  it("makes an encrypted machine with IMDSv2 only and the guide's type", () => {
    const { inputs, opts } = only(run, "aws:ec2/instance:Instance");
    assert.equal(inputs["instanceType"], "t3.xlarge");
    const root = inputs["rootBlockDevice"] as Record<string, unknown>;
    assert.deepEqual(
      [root["volumeType"], root["volumeSize"], root["encrypted"], root["deleteOnTermination"]],
      ["gp3", 20, true, true],
    );
    assert.deepEqual(inputs["metadataOptions"], {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
    });
    assert.deepEqual(inputs["creditSpecification"], { cpuCredits: "standard" });
    assert.deepEqual(opts.ignoreChanges, ["userData", "keyName", "subnetId", "volumeTags", "ami"]);
  });

  it("keeps the data volume apart from the machine, and moves it after a shutdown", () => {
    const { inputs } = only(run, "aws:ebs/volume:Volume");
    assert.deepEqual([inputs["size"], inputs["type"], inputs["encrypted"]], [40, "gp3", true]);
    const attachment = only(run, "aws:ec2/volumeAttachment:VolumeAttachment");
    assert.equal(attachment.inputs["stopInstanceBeforeDetaching"], true);
    assert.equal(attachment.opts.deleteBeforeReplace, true);
  });

  it("chooses the first zone that offers the type", () => {
    assert.equal(only(run, "aws:ec2/subnet:Subnet").inputs["availabilityZone"], "ap-south-1a");
  });

  it("runs the steps on the server in order, each after the server can be reached", () => {
    const steps = run.resources.filter((one) => one.type === "command:remote:Command");
    assert.deepEqual(
      steps.map(({ name, after }) => [name, ...after]),
      [
        ["test-doors"],
        ["test-data-volume", "test-doors"],
        ["test-root-disk", "test-doors"],
        ["test-system-update", "test-data-volume", "test-root-disk"],
        ["test-restart-if-needed", "test-system-update"],
        ["test-plain-http", "test-restart-if-needed"],
        ["test-install", "test-plain-http"],
        ["test-limits", "test-install"],
        ["test-class", "test-install"],
        ["test-packages"],
        ["test-links"],
      ],
    );
    assert.deepEqual(only(run, "tljh:index:Tljh").after, ["test-reachable"]);
    const waitsFor = byName(run, "test-association");
    assert.ok(run.resources.some(({ after }) => after.includes(waitsFor.name)));
  });

  it("gives no step a delete, triggers or another's output", () => {
    for (const { inputs, type } of run.resources) {
      if (type !== "command:remote:Command") continue;
      assert.deepEqual(
        [inputs["delete"], inputs["triggers"], inputs["addPreviousOutputInEnv"]],
        [undefined, undefined, false],
      );
    }
  });

  it("checks the host key and sends everything by standard input as a secret", () => {
    for (const { inputs, type, opts, secrets } of run.resources) {
      if (type !== "command:remote:Command") continue;
      assert.deepEqual(secrets, ["connection", "stdin"]);
      const connection = inputs["connection"] as Record<string, unknown>;
      assert.equal(connection["hostKey"], "ssh-ed25519 test-host-key");
      assert.ok((inputs["create"] as string).length < 200);
      assert.ok(["stdout", "stderr"].every((it) => opts.additionalSecretOutputs?.includes(it)));
      assert.match(inputs["stdin"] as string, /^INSTANCE_ID='test-machine-id'$/m);
    }
  });

  it("keeps user data, with the host key in it, and the login key secret", () => {
    assert.deepEqual(only(run, "aws:ec2/instance:Instance").secrets, ["userData"]);
    const reachable = only(run, "pulumi-nodejs:dynamic/tljh:ServerReachable");
    assert.ok(reachable.secrets.includes("privateKey"));
    assert.doesNotMatch(reachable.inputs["__provider"] as string, /private test-/);
  });

  it("ends with what stands before destroy, which waits for all, but for the network's own", () => {
    const guard = only(run, "pulumi-nodejs:dynamic/tljh:DestroyGuard");
    assert.equal(run.resources.at(-1), guard);
    const networks = run.resources.filter((one) => one.type === "tljh:index:Network");
    const inNetwork =
      /^test-(vpc|subnet|subnet-routes|gateway|routes|internet|group|egress|ssh-.*)$/;
    const others = run.resources.filter(
      (one) => ![guard, ...networks].includes(one) && !inNetwork.test(one.name),
    );
    const isComponent = ({ type }: Registered) => type.startsWith("tljh:index:");
    const waited = guard.after.filter((name) => name !== "");
    assert.deepEqual(
      waited,
      others.flatMap((one) => (isComponent(one) ? [] : [one.name])),
    );
    // Components are waited for by their names in the state, so that empty ones are, too.
    assert.equal(guard.after.length - waited.length, others.filter(isComponent).length);
    assert.deepEqual(guard.secrets, ["privateKey", "ec2"]);
  });

  it("has the outputs that a person needs", () => {
    const { passwords, passwordSeed, ...outputs } = run.outputs;
    assert.equal(Object.keys(passwords as object).length, 24);
    assert.match((passwords as Record<string, string>)["nicolas"] ?? "", /^[a-km-np-z2-9]{12}$/);
    assert.equal(passwordSeed, "private test-password-seed");
    const { participant } = outputs["accounts"] as Record<string, string>;
    assert.match(participant ?? "", /^participant01, .*, participant20$/);
    delete outputs["accounts"];
    assert.deepEqual(outputs, {
      url: "http://203.0.113.8",
      admins: ["nicolas"],
      sshCommand:
        "ssh -i ~/.ssh/test.pem -o UserKnownHostsFile=~/.ssh/test.known_hosts ubuntu@203.0.113.8",
      sshPrivateKey: "private test-login-key",
      sshKnownHosts: "203.0.113.8 ssh-ed25519 test-host-key",
      sshPort: 22,
      publicIp: "203.0.113.8",
      dnsRecord: "none: no domain is configured, the address 203.0.113.8 is used",
      instanceId: "test-machine-id",
      instanceType: "t3.xlarge",
      amiId: "ami-0aaaaaaaaaaaaaaaa",
      cost: {
        currency: "USD",
        perDay: 4.6,
        perDayStopped: 0.3,
        perParticipantAndDay: 0.23,
        prices: "the program's table of 2026-11-25, since AWS's price list did not answer",
      },
      region: "ap-south-1",
      account: "123456789012",
      operator: "arn:aws:iam::123456789012:user/workshop-operator",
      links: {},
      content: [],
      gitToken: undefined,
      packagesLock: undefined,
    });
  });
});

describe("the program, configured otherwise", () => {
  it("has no credits to set for a type that has none", async () => {
    const run = await runProgram({ instanceType: "m6i.xlarge" });
    const { inputs } = only(run, "aws:ec2/instance:Instance");
    assert.equal(inputs["creditSpecification"], undefined);
  });

  it("replaces the machine for another image only when the image was chosen", async () => {
    const run = await runProgram({ amiId: "ami-0aaaaaaaaaaaaaaaa" });
    const { opts } = only(run, "aws:ec2/instance:Instance");
    assert.deepEqual(opts.ignoreChanges, ["userData", "keyName", "subnetId", "volumeTags"]);
  });

  it("associates an own Elastic IP and makes none", async () => {
    const run = await runProgram({ elasticIp: "eipalloc-0123456789abcdef0" });
    assert.deepEqual(
      run.resources.filter(({ type }) => type === "aws:ec2/eip:Eip"),
      [],
    );
    const { inputs } = only(run, "aws:ec2/eipAssociation:EipAssociation");
    assert.equal(inputs["allocationId"], "eipalloc-0123456789abcdef0");
    assert.equal(run.outputs["publicIp"], "203.0.113.9");
  });

  it("tells IT the exact records, and participants the name", async () => {
    const run = await runProgram({
      domain: "jupyter.example.org",
      extraDomains: '["hub.example.org"]',
    });
    assert.equal(
      run.outputs["dnsRecord"],
      "jupyter.example.org. 3600 IN A 203.0.113.8\nhub.example.org. 3600 IN A 203.0.113.8",
    );
    assert.equal(run.outputs["url"], "https://jupyter.example.org");
    assert.deepEqual(
      run.resources.filter(({ type }) => type.startsWith("aws:route53")),
      [],
    );
  });

  it("makes the records of the names in dnsZone, and leaves the others to IT", async () => {
    const run = await runProgram({
      domain: "jupyter.example.org",
      extraDomains: '["jupyter.elsewhere.org", "example.org"]',
      dnsZone: "example.org",
      dnsTtl: "60",
    });
    const records = run.resources.filter(({ type }) => type === "aws:route53/record:Record");
    assert.deepEqual(
      records.map(({ inputs: { zoneId, name, type, ttl, records } }) => ({
        zoneId,
        name,
        type,
        ttl,
        records,
      })),
      ["jupyter.example.org", "example.org"].map((name) => ({
        zoneId: "Z0123456789",
        name,
        type: "A",
        ttl: 60,
        records: ["203.0.113.8"],
      })),
    );
    assert.equal(run.outputs["dnsRecord"], "jupyter.elsewhere.org. 60 IN A 203.0.113.8");
  });

  it("orders a certificate last: for the names that are ready, after everything else", async () => {
    const run = await runProgram({ domain: "jupyter.example.org" });
    const gate = byName(run, "test-https-gate");
    assert.deepEqual(gate.secrets, ["privateKey"]);
    assert.deepEqual(gate.inputs["issuer"], "letsencrypt.org");
    assert.deepEqual(byName(run, "test-certificate").after, ["test-https-gate"]);
    const order = only(run, "tljh:index:Https");
    for (const door of ["test-http", "test-https"]) assert.ok(order.after.includes(door), door);
    const before = [order.opts.dependsOn].flat() as { __pulumiType?: string }[];
    assert.ok(before.some((one) => one.__pulumiType === "tljh:index:Accounts"));
  });

  it("is open by plain http to the server alone as long as a domain has no certificate", async () => {
    const step = byName(await runProgram({ domain: "jupyter.example.org" }), "test-plain-http");
    assert.match(step.inputs["stdin"] as string, /^DOMAIN='jupyter\.example\.org'$/m);
  });

  it("has no gate and no order without a domain", async () => {
    const run = await runProgram();
    assert.deepEqual(
      run.resources.filter(({ name }) => name.startsWith("test-https-gate")),
      [],
    );
  });

  it("has SSH on the other port, when that is chosen, in the rule and in every connection", async () => {
    const run = await runProgram({ sshPort: "993" });
    const rule = byName(run, "test-ssh-203.0.113.0-24").inputs;
    assert.deepEqual([rule["fromPort"], rule["toPort"]], [993, 993]);
    const connections = run.resources
      .map(({ inputs }) => inputs["connection"] as { port: number } | undefined)
      .filter((it) => it !== undefined);
    assert.ok(connections.length > 5 && connections.every(({ port }) => port === 993));
    const others = run.resources.filter(({ inputs }) => "hostKey" in inputs);
    assert.ok(others.length > 0 && others.every(({ inputs }) => inputs["port"] === 993));
    assert.match(run.outputs["sshCommand"] as string, / -p 993 /);
    assert.equal(run.outputs["sshKnownHosts"], "[203.0.113.8]:993 ssh-ed25519 test-host-key");
  });

  it("asks the address service for `me`", async () => {
    const service = createServer((_request, answer) => answer.end("198.51.100.7\n"));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const { port } = service.address() as AddressInfo;
    const addressService = `http://127.0.0.1:${port}/`;
    const run = await runProgram({ sshCidrs: '["me"]', addressService });
    service.close();
    assert.equal(byName(run, "test-ssh-me").inputs["cidrIpv4"], "198.51.100.7/32");
  });
});

describe("the program with days", () => {
  const DAYS = {
    firstDay: "2099-12-14",
    lastDay: "2099-12-17",
    timeZone: "Asia/Almaty",
    nightStop: "22:00-06:00",
  };
  const role = { "aws:iam/getRole:getRole": () => ({ arn: "arn:aws:iam::123456789012:role/x" }) };
  const schedules = ({ resources }: Run) =>
    resources.filter((one) => one.type === "aws:scheduler/schedule:Schedule");

  it("tells AWS's scheduler to stop this instance after the last day, and at night", async () => {
    const all = schedules(await runProgram(DAYS, role));
    assert.deepEqual(
      all.map(({ inputs }) => [inputs["name"], inputs["scheduleExpression"]]),
      [
        ["tljh-workshop-test-last-stop", "at(2099-12-20T22:00:00)"],
        ["tljh-workshop-test-night-stop", "cron(0 22 * * ? *)"],
        ["tljh-workshop-test-morning-2099-12", "cron(0 6 14-20 12 ? 2099)"],
      ],
    );
    for (const { inputs, parent } of all) {
      assert.equal(parent, "test");
      assert.equal(inputs["scheduleExpressionTimezone"], "Asia/Almaty");
      const target = inputs["target"] as Record<string, string>;
      assert.equal(target["roleArn"], "arn:aws:iam::123456789012:role/x");
      assert.equal(target["input"], '{"InstanceIds":["test-machine-id"]}');
    }
    const arns = all.map(({ inputs }) => (inputs["target"] as { arn: string }).arn);
    assert.deepEqual(
      arns.map((arn) => arn.split(":").pop()),
      ["stopInstances", "stopInstances", "startInstances"],
    );
  });

  it("asks for no role and tells nothing where there are no days, or where no role shall be", async () => {
    const without = await runProgram();
    assert.deepEqual(schedules(without), []);
    assert.ok(!without.asked.includes("aws:iam/getRole:getRole"));
    assert.deepEqual(schedules(await runProgram({ ...DAYS, schedulerRole: "none" })), []);
  });
});

describe("the program, refused", () => {
  it("says that the address service does not answer", async () => {
    const text = await refusal({ sshCidrs: '["me"]' });
    assert.match(text, /address service did not answer/);
    assert.match(text, /mend: +pulumi config --stack test set --path 'sshCidrs\[0\]'/);
  });

  it("says that a network has only IPv6", async () => {
    const service = createServer((_request, answer) => answer.end("2001:db8::7\n"));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const { port } = service.address() as AddressInfo;
    const addressService = `http://127.0.0.1:${port}/`;
    const text = await refusal({ sshCidrs: '["me"]', addressService });
    service.close();
    assert.match(text, /an IPv6 one, and the server has IPv4 only\n +received: .*2001:db8::7/);
  });

  it("says that nobody could set a new server up; one that is there may be closed to all", async () => {
    assert.match(await refusal({ sshCidrs: "[]" }), /sshCidrs is empty, so nobody could set/);
    const run = await runProgram(
      { sshCidrs: "[]" },
      {
        "aws:ec2/getInstances:getInstances": ({ instanceStateNames }) => ({
          ids: (instanceStateNames as string[]).includes("running") ? ["i-0"] : [],
        }),
      },
    );
    assert.equal(only(run, "pulumi-nodejs:dynamic/tljh:ServerReachable").inputs["waitMinutes"], 0);
    assert.ok(!run.resources.some(({ name }) => name.startsWith("test-ssh-")));
  });

  it("says all that the region lacks at once, and registers nothing", async () => {
    const text = await refusal(
      { instanceType: "t3.nano" },
      {
        "aws:ec2/getInstanceType:getInstanceType": () => ({
          memorySize: 512,
          supportedArchitectures: ["x86_64"],
        }),
        "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": () => ({
          locations: [],
          instanceTypes: [],
        }),
      },
    );
    assert.match(text, /2 problems/);
    assert.match(
      text,
      /No zone of this region offers the instance type\n +received: t3\.nano in ap-south-1/,
    );
    assert.match(text, /too little memory[^]*t3\.nano has 512 MiB[^]*1024 MiB or more/);
  });

  it("says that the region has no image of Canonical", async () => {
    const text = await refusal(
      {},
      {
        "aws:ec2/getAmi:getAmi": () => {
          throw providerError("Your query returned no results. Please change your search criteria");
        },
      },
    );
    assert.match(
      text,
      /Canonical has no image of Ubuntu 22\.04 in this region\n +received: ap-south-1/,
    );
  });

  it("says that the disk is smaller than the image's, and the type of another architecture", async () => {
    const text = await refusal(
      { amiId: "ami-0bbbbbbbbbbbbbbbb", instanceType: "t4g.xlarge" },
      {
        "aws:ec2/getAmi:getAmi": () => ({
          id: "ami-0bbbbbbbbbbbbbbbb",
          architecture: "x86_64",
          rootDeviceName: "/dev/sda1",
          blockDeviceMappings: [{ deviceName: "/dev/sda1", ebs: { volume_size: "30" } }],
        }),
        "aws:ec2/getInstanceType:getInstanceType": () => ({
          memorySize: 16384,
          supportedArchitectures: ["arm64"],
        }),
      },
    );
    assert.match(
      text,
      /20 GiB; ami-0bbbbbbbbbbbbbbbb has 30 GiB[^]*config --stack test set diskGiB 30/,
    );
    assert.match(text, /t4g\.xlarge runs arm64/);
  });

  it("hands on what AWS says when a look-up fails, with the command that shows who one is", async () => {
    const text = await refusal(
      {},
      {
        "aws:ec2/getAmi:getAmi": () => {
          throw providerError("operation error EC2: DescribeImages, RequestExpired");
        },
      },
    );
    assert.match(text, /received: .*RequestExpired[^]*aws sts get-caller-identity --region/);
  });

  it("says which right is missing, and who can give it, when AWS refuses a look-up", async () => {
    const text = await refusal(
      {},
      {
        "aws:ec2/getAmi:getAmi": () => {
          throw providerError("operation error EC2: DescribeImages, UnauthorizedOperation");
        },
      },
    );
    assert.match(text, /lacks a right[^]*received: ec2:DescribeImages/);
    assert.match(text, /mend: +pulumi up --stack account, by [^]*then pulumi up --stack test$/);
  });

  it("says that AWS does not accept the credentials, or that they have expired", async () => {
    const asked = (message: string) =>
      refusal(
        { "aws:profile": "", "aws:accessKey": "nobody" },
        {
          "aws:index/getCallerIdentity:getCallerIdentity": () => {
            throw providerError(message);
          },
        },
      );
    const wrong = await asked("api error InvalidClientTokenId: The security token is invalid");
    assert.match(wrong, /does not accept the credentials[^]*InvalidClientTokenId/);
    assert.match(wrong, /allowed: .*aws sts get-caller-identity[^]*mend: +aws configure/);
    const expired = await asked("api error ExpiredToken: The security token has expired");
    assert.match(expired, /have expired[^]*mend: +aws sso login[^]*then pulumi up --stack test/);
  });

  it("says that the scheduler's role is not there, with who makes it and how to do without", async () => {
    const none = () => {
      throw providerError("reading IAM Role (workshop-scheduler): couldn't find resource");
    };
    const text = await refusal({ lastDay: "2099-12-17" }, { "aws:iam/getRole:getRole": none });
    assert.match(
      text,
      /role of AWS's scheduler does not exist[^]*received: schedulerRole workshop-/,
    );
    assert.match(text, /mend: +pulumi up --stack account, by[^]*policy -- --scheduler ACCOUNT/);
    assert.match(text, /pulumi config --stack test set schedulerRole none/);
  });

  it("says that the machine is stopped, with the command that starts it", async () => {
    const stopped = (args: Record<string, unknown>) => ({
      ids: (args["instanceStateNames"] as string[]).includes("stopped")
        ? ["i-0123456789abcdef0"]
        : [],
    });
    const text = await refusal({}, { "aws:ec2/getInstances:getInstances": stopped });
    assert.match(text, /instance is stopped[^]*received: i-0123456789abcdef0/);
    assert.match(text, /mend: +npm run start -- --stack test, then pulumi up --stack test/);
  });
});
