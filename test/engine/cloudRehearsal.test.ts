import { strict as assert } from "node:assert";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import * as ec2 from "@aws-sdk/client-ec2";
import { parse } from "yaml";
import { freePort } from "../../rehearsal/cloud/ports";
import { folderOf, isRunning, rehearsalNames, runningDaemon } from "../../rehearsal/folder";
import { completeEnv } from "../../rehearsal/pulumiEnv";
import { startRehearsal, stopRehearsal, type Rehearsal } from "../../rehearsal/rehearsal";
import { readJson, writeJson } from "../../rehearsal/setup/cache.mjs";
import { loadToolchain } from "../../rehearsal/toolchain";
import { bringUp } from "../../scripts/devUp";

const ROOT = path.join(__dirname, "../..");

/** In order: each starts from what the one before has left, since a start takes seconds. */
describe("the life of a rehearsal", function () {
  const name = `test-cloud-${process.pid}`;
  const second = `${name}-b`;
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  let port: number;
  let secondPort: number;

  const start = (as = name, at = port) =>
    startRehearsal({ name: as, port: at, machines: "none", say });
  const clientOf = ({ endpoint }: Rehearsal) =>
    new ec2.EC2Client({
      endpoint,
      region: "ap-south-1",
      credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" },
    });
  const vpcs = async (rehearsal: Rehearsal) => {
    const { Vpcs = [] } = await clientOf(rehearsal).send(new ec2.DescribeVpcsCommand({}));
    return Vpcs.filter(({ IsDefault }) => IsDefault !== true).map(({ VpcId }) => VpcId);
  };
  const makeVpc = async (rehearsal: Rehearsal) =>
    (await clientOf(rehearsal).send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }))).Vpc
      ?.VpcId;
  const kill = () => process.kill(runningDaemon(name)?.pid ?? 0, "SIGKILL");

  before(async () => {
    port = await freePort();
    secondPort = await freePort();
  });
  beforeEach(() => said.splice(0));
  after(async () => {
    await stopRehearsal(name);
    await stopRehearsal(second);
  });

  it("is new, then found running, and recovered with all it knew after kill -9", async () => {
    const first = await start();
    assert.equal(first.found, "new");
    const vpc = await makeVpc(first);
    assert.equal((await start()).found, "running");
    kill();
    const again = await start();
    assert.equal(again.found, "recovered");
    assert.deepEqual(await vpcs(again), [vpc]);
  });

  it("starts clean, without Pulumi's state, when AWS has forgotten everything", async () => {
    const { memory, pulumi } = folderOf(name);
    fs.mkdirSync(path.join(pulumi, ".pulumi"));
    kill();
    fs.rmSync(memory);
    const again = await start();
    assert.equal(again.found, "started clean");
    assert.deepEqual(await vpcs(again), []);
    assert.deepEqual(fs.readdirSync(pulumi), []);
    assert.equal((await start()).found, "running");
  });

  it("stands beside another one, with nothing in common", async () => {
    const [one, two] = await Promise.all([start(), start(second, secondPort)]);
    const vpc = await makeVpc(one);
    assert.deepEqual([await vpcs(one), await vpcs(two)], [[vpc], []]);
    const blockOf = async (rehearsal: Rehearsal) => {
      const { PublicIp } = await clientOf(rehearsal).send(new ec2.AllocateAddressCommand({}));
      return PublicIp?.split(".")[1];
    };
    assert.notEqual(await blockOf(one), await blockOf(two));
  });

  it("is removed at the next start of any, when the test that started it is gone", async () => {
    const { settings } = folderOf(name);
    const gone = spawn("true");
    await once(gone, "exit");
    writeJson(settings, {
      ...(readJson(settings) as object),
      owner: { pid: gone.pid, started: "" },
    });
    await start(second, secondPort);
    assert.ok(!rehearsalNames().includes(name));
    assert.equal(runningDaemon(name), undefined);
    assert.deepEqual(said, [`removing ${name}, which a test has left behind`]);
  });

  it("says so when another program has its port, and leaves nothing running", async () => {
    const other = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    await once(other, "listening");
    try {
      await assert.rejects(start(), (error: Error) => {
        assert.match(error.message, new RegExp(`Port ${port} of 127.0.0.1.*is taken`));
        assert.match(error.message, /another program listens there/);
        assert.match(error.message, /to mend: {2}end that program/);
        return true;
      });
    } finally {
      other.close();
    }
    assert.equal(runningDaemon(name), undefined);
  });

  it("takes stack dev as it is committed, leaves it untouched, and says how to go on after a failure", async () => {
    const project = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-cloud-"));
    try {
      const committed = fs.readFileSync(path.join(ROOT, "Pulumi.dev.yaml"), "utf8");
      fs.writeFileSync(path.join(project, "Pulumi.dev.yaml"), committed);
      fs.writeFileSync(
        path.join(project, "Pulumi.yaml"),
        `name: ${(parse(fs.readFileSync(path.join(ROOT, "Pulumi.yaml"), "utf8")) as { name: string }).name}\nruntime: nodejs\n`,
      );
      fs.writeFileSync(path.join(project, "package.json"), "{}");
      fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(project, "node_modules"));
      const outputs = {
        url: "http://127.1.2.3",
        publicIp: "127.1.2.3",
        admins: ["nicolas"],
        passwords: { nicolas: "pw" },
      };
      const program = `module.exports = ${JSON.stringify({ ...outputs, sshCommand: "ssh it" })};`;
      fs.writeFileSync(path.join(project, "index.js"), program);
      const up = () =>
        bringUp({ name, port, machines: "none", say, stack: "dev", project, quiet: true });

      assert.equal(await up(), 0);
      assert.equal(said[0], "Rehearsal dev: new");
      assert.ok(said.includes("  login     nicolas, password pw"));
      assert.equal(fs.readFileSync(path.join(project, "Pulumi.dev.yaml"), "utf8"), committed);

      fs.writeFileSync(path.join(project, "index.js"), "throw new Error('no');");
      said.splice(0);
      assert.equal(await up(), 1);
      assert.match(said.join("\n"), /npm run dev` goes on from there/);
      const { env } = await start();
      const listed = execFileSync(loadToolchain().pulumi, ["stack", "ls", "--json"], {
        cwd: project,
        env: completeEnv(env),
        encoding: "utf8",
      });
      assert.deepEqual(
        (JSON.parse(listed) as { name: string }[]).map((stack) => stack.name),
        ["dev"],
      );
    } finally {
      fs.rmSync(project, { recursive: true });
    }
  });

  it("shows the last lines of its log when it cannot start", async () => {
    kill();
    fs.rmSync(folderOf(name).memory);
    // moto cannot write where a folder is.
    fs.mkdirSync(path.join(folderOf(name).folder, "moto.new"));
    await assert.rejects(start(), /ended while starting[\s\S]*moto\.new[\s\S]*to mend:/);
  });

  it("is removed whatever its state, and twice", async () => {
    const daemon = runningDaemon(second);
    assert.ok(isRunning(daemon));
    process.kill(daemon.pid, "SIGKILL");
    await stopRehearsal(second, say);
    assert.ok(!isRunning(daemon));
    assert.ok(!rehearsalNames().includes(second));
    await stopRehearsal(name);
    assert.ok(!rehearsalNames().includes(name));
    said.splice(0);
    await stopRehearsal(name, say);
    assert.deepEqual(said, []);
  });
});
