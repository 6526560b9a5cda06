/**
 * An image of a configured machine: nothing of its workshop is in it, and another workshop starts from
 * it. Of a suite of its own, since it brings two workshops up: npm run test:bake
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
} from "@aws-sdk/client-ec2";
import { DEV_TOKEN } from "../../../rehearsal/github/seed";
import { tryAsRoot, type Finished } from "../../../rehearsal/machines/command";
import { secretsOf } from "../../../scripts/bakeSecrets";
import { Participant } from "../../../scripts/participant/participant";
import { SEEN_WHEN_BAKED } from "../ready/rights";
import { hireOperator, seenOf, type AccountOutputs } from "../workshop/account";
import { failed, Lab, succeeded, type Outputs } from "../workshop/lab";
import { foundOn } from "./needles";

const NEW = "second";
/** Names that no package has. */
const WHO = "zuleikha";
const FILE = "hydrogeology-of-zuleikha.txt";
const PLANTED = "/usr/local/share/planted.txt";

/** What must be in no image, as the live machine has it: a line each. */
const OWN = `
  cd /opt/tljh/state
  for file in /etc/machine-id jupyterhub_cookie_secret workshop-accounts.token traefik-api.secret; do
    cat "$file"; echo
  done
  sed '1,2d;/^-----/d' /etc/ssh/ssh_host_ed25519_key
  cut -d' ' -f2 /home/ubuntu/.ssh/authorized_keys
  grep -aoE '\\$2b\\$[0-9]{2}\\$[./A-Za-z0-9]{53}' passwords.dbm*`;

describe("an image of a configured machine", function () {
  this.bail(true);
  let lab: Lab;
  let operator: AccountOutputs;
  let old: Outputs;
  let needles: string[] = [];
  let image = "";
  let hub = "";

  const hubProcess = async () =>
    (await lab.onServer("systemctl show -p MainPID --value jupyterhub traefik")).stdout.trim();
  const copyOf = (id: string) => path.join(lab.rehearsal.folder, "fleet/copies", `${id}.img`);
  const volumes = () => path.join(lab.rehearsal.folder, "fleet/volumes");
  const images = async () => {
    const { text } = await lab.command("bake", "list", "--json");
    return JSON.parse(text) as { id: string; snapshotIds: string[]; tljh: string }[];
  };
  /** What is tagged as an image's. */
  async function ofImages(): Promise<string[]> {
    const Filters = [{ Name: "tag:made-for", Values: ["image"] }];
    const ec2 = lab.ec2();
    const all = await Promise.all([
      ec2.send(new DescribeVolumesCommand({ Filters })),
      ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters })),
      ec2.send(new DescribeImagesCommand({ Owners: ["self"], Filters })),
    ]);
    const [{ Volumes = [] }, { Snapshots = [] }, { Images = [] }] = all;
    return [
      ...Volumes.map(({ VolumeId = "" }) => VolumeId),
      ...Snapshots.map(({ SnapshotId = "" }) => SnapshotId),
      ...Images.map(({ ImageId = "" }) => ImageId),
    ];
  }
  async function isUnharmed(): Promise<void> {
    assert.equal(await hubProcess(), hub, "hub or proxy was restarted");
    const { stdout } = await lab.onServer(
      "ls -d /run/workshop-bake?* /dev/workshop-bake* 2>/dev/null; grep -c workshop-bake /proc/mounts",
    );
    assert.equal(stdout.trim(), "/run/workshop-bake.lock\n0");
  }
  const outputsOf = async (stack: string): Promise<Outputs> => {
    const running = lab.start("stack", "output", "--json", "--show-secrets", "-s", stack);
    await running.ended;
    return JSON.parse(running.stdout) as Outputs;
  };
  /** Bash lines as root on the machine of a stack. */
  async function on(instanceId: string, lines: string): Promise<Finished> {
    const pid = (await lab.machines()).get(instanceId);
    return tryAsRoot(["nsenter", "--all", "--target", String(pid), "bash", "-c", lines]);
  }

  before(async () => {
    const packages = { pip: ["tabulate"], apt: ["tree"], conda: [] };
    lab = await Lab.open({ participants: 2, participantNames: [WHO, "sofia"], packages });
    operator = await hireOperator(lab);
    succeeded(await lab.change("up"));
    const { exitCode, stderr } = await lab.onServer(`
      set -e
      useradd --create-home jupyter-${WHO}
      echo "what only ${WHO} knows" >/home/jupyter-${WHO}/${FILE}
      chown jupyter-${WHO}: /home/jupyter-${WHO}/${FILE}
      echo "mysql --password=of-the-whole-department" >/root/.bash_history
      sync`);
    assert.equal(exitCode, 0, stderr);
    old = await lab.outputs();
    hub = await hubProcess();
    const { stdout } = await lab.onServer(OWN);
    const own = stdout.split("\n").map((line) => line.replace(/^.*:(?=\$2b)/, ""));
    needles = [...own, DEV_TOKEN, WHO, FILE, "of-the-whole-department"];
    needles = [...new Set(needles)].filter((one) => one.length >= 8);
    assert.ok(needles.length > 12, needles.join("\n"));
  });
  after(() => lab?.close());

  it("is not there before it is made", async () => {
    assert.match((await lab.command("bake", "list")).text, /There is no image of test/);
    const unknown = await lab.command("bake", "remove", "ami-0123456789abcdef0");
    failed(unknown, /test has no such image[^]*allowed: {2}there is none/);
  });

  it("is not made of a system in which a secret lies about, which is named", async () => {
    await lab.onServer(`echo 'token: ${DEV_TOKEN}' >${PLANTED}`);
    const ran = await lab.command("bake");
    failed(
      ran,
      /there is no image\n {2}received: a secret of the stack in \/usr\/local\/share\/planted/,
    );
    assert.ok(!ran.text.includes(DEV_TOKEN));
    await lab.onServer(`rm ${PLANTED}`);
    assert.deepEqual(await ofImages(), []);
    await isUnharmed();
  });

  it("leaves nothing when it is given up, and lets nobody begin a second one meanwhile", async () => {
    const running = lab.startCommand("bake");
    while (!running.text.includes("Copying")) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    failed(await lab.command("bake"), /Another image of this machine is being made/);
    running.interrupt();
    assert.equal(await running.ended, 1, running.text);
    assert.match(running.text, /The image was given up[^]*mend: +npm run bake/);
    assert.deepEqual(await ofImages(), []);
    await isUnharmed();
  });

  it("is made while the machine goes on, also where one before was cut off", async () => {
    const running = lab.startCommand("bake");
    while (!running.text.includes("Copying")) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await running.kill();
    assert.equal((await ofImages()).length, 1);
    await lab.serverShows("! pgrep -f '[w]orkshop-bake'");
    const ran = await lab.command("bake");
    succeeded(ran);
    assert.match(ran.text, /left by an image that was cut off, is removed/);
    assert.match(ran.text, /ami-\w+ {2}TLJH 2\.0\.0, JupyterLab 4[^]*USD a month at most/);
    assert.match(ran.text, /pulumi config set amiId ami-\w+ --stack NAME/);
    await isUnharmed();
    const [made, ...others] = await images();
    assert.deepEqual(others, []);
    image = made?.id ?? "";
    assert.deepEqual(await ofImages(), [...(made?.snapshotIds ?? []), image]);
    assert.match((await lab.command("bake", "list")).text, /test-image-[\d-]+ .*2\.0\.0 +4\./);
  });

  it("is no backup of the workshop's files", async () => {
    assert.match((await lab.command("backup", "list")).text, /There is no backup of test/);
  });

  it("has on its disk no token, key, password, hash, name or file of the workshop, in whatever block", async () => {
    // The same search finds them on the machine's own disks.
    const disks = fs.readdirSync(volumes()).map((file) => path.join(volumes(), file));
    const there = (await Promise.all(disks.map((disk) => foundOn(disk, needles)))).flat();
    const missed = needles.filter((one) => !there.includes(one));
    assert.deepEqual(missed, [], "the search does not find what is there");
    const { passwords, passwordSeed, sshPrivateKey } = old;
    const stacks = secretsOf({}, { passwords, passwordSeed, sshPrivateKey }, {});
    const here = [...needles, ...stacks, "tabulate"];
    assert.deepEqual(await foundOn(copyOf(image), here), ["tabulate"]);
  });

  it("brings another workshop up, with keys and accounts of its own, and the packages", async () => {
    succeeded(await lab.pulumi("stack", "init", NEW, "--no-select"));
    const config = (stack: string) => path.join(lab.project, `Pulumi.${stack}.yaml`);
    fs.copyFileSync(config("test"), config(NEW));
    const set = async (key: string, value: string, ...more: string[]) =>
      succeeded(await lab.pulumi("config", "set", ...more, key, value, "-s", NEW));
    await set("amiId", image);
    await set("participantNames[0]", "lena", "--path");
    await set("participantNames[1]", "timur", "--path");
    const { token } = await lab.github.newToken();
    const secret = lab.start("config", "set", "--secret", "gitToken", "-s", NEW);
    secret.input(token);
    assert.equal(await secret.ended, 0, secret.text);
    const up = await lab.pulumi("up", "--yes", "--skip-preview", "-s", NEW);
    succeeded(up);
    assert.match(up.text, /Nothing to install/);
    const made = await outputsOf(NEW);
    assert.notEqual(made.sshKnownHosts.split(" ")[2], old.sshKnownHosts.split(" ")[2]);
    const { stdout: own } = await on(made.instanceId, OWN);
    const shared = own.split("\n").filter((line) => line.length >= 8 && needles.includes(line));
    assert.deepEqual(shared, []);
    assert.ok(own.split("\n").length > 6, own);
    const looked = await on(
      made.instanceId,
      `tree --version >/dev/null && ls /home && grep -rl ${WHO} /etc /home /opt/tljh/config /opt/tljh/state /root /var/log`,
    );
    assert.equal(looked.stdout.trim(), "ubuntu");
  });

  it("lets its participants work, and nobody of the old class in", async () => {
    const made = await outputsOf(NEW);
    const lena = new Participant(made.url, {
      name: "lena",
      password: made.passwords["lena"] ?? "",
    });
    await lena.logIn();
    await lena.startServer();
    await lena.openLab();
    const python = "/opt/tljh/user/bin/python3";
    const { exitCode } = await on(
      made.instanceId,
      `runuser -u jupyter-lena -- ${python} -c 'import tabulate'`,
    );
    assert.equal(exitCode, 0);
    const gone = new Participant(made.url, { name: WHO, password: old.passwords[WHO] ?? "" });
    await assert.rejects(gone.logIn());
    succeeded(await lab.pulumi("preview", "-s", NEW, "--expect-no-changes"));
  });

  it("is not removed while a machine was started from it, and then with its snapshot", async () => {
    failed(await lab.command("bake", "remove", image), /The image is in use[^]*of second/);
    succeeded(await lab.pulumi("destroy", "--yes", "--skip-preview", "-s", NEW));
    const ran = await lab.command("bake", "remove", image);
    succeeded(ran);
    assert.match(ran.text, /is removed, and its snapshot snap-/);
    assert.deepEqual(await ofImages(), []);
    assert.equal(fs.existsSync(copyOf(image)), false);
  });

  it("needs a machine that runs, and says so", async () => {
    succeeded(await lab.command("power", "stop", "--yes"));
    failed(await lab.command("bake"), /The instance is stopped[^]*npm run start -- --stack test/);
    assert.deepEqual(await ofImages(), []);
  });

  it("is made with tagged things, by calls that the operator may make", async () => {
    const { allowed, refused, made, about } = await seenOf(lab, operator.accessKeyId);
    assert.deepEqual(refused, {});
    for (const action of SEEN_WHEN_BAKED) assert.ok(allowed[action], action);
    assert.deepEqual(made["RegisterImage"], ["image project=tljh-workshop"]);
    assert.deepEqual(about["RegisterImage"], ["snapshot project=tljh-workshop"]);
    assert.deepEqual(made["CreateSnapshot"], ["snapshot project=tljh-workshop"]);
    assert.deepEqual(made["CreateVolume"], ["volume project=tljh-workshop"]);
  });
});
