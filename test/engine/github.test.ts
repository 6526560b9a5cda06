import { strict as assert } from "node:assert";
import fs from "node:fs";
import type { Server } from "node:https";
import path from "node:path";
import { connect } from "node:tls";
import { freePort } from "../../rehearsal/cloud/ports";
import { fingerprintOf, hashOf, type TokenWish } from "../../rehearsal/github/model";
import { GitHub, GITHUB_HOSTS, type Fault, type LogLine } from "../../rehearsal/github/server";
import { DEV_TOKEN } from "../../rehearsal/github/seed";
import type { DesiredMachine } from "../../rehearsal/machines/desired";
import { SERVICES_ADDRESS } from "../../rehearsal/machines/firewall";
import { Fleet } from "../../rehearsal/machines/fleet";
import { addTrusted } from "../../rehearsal/machines/trusted";
import { Authority } from "../../rehearsal/tls/certificates";
import { closeFront, openFront } from "../../rehearsal/tls/front";
import { answers, lab, machine, until, wish } from "./machinesLab";

const COURSE = "river-lab/groundwater-course";
const OPEN = "river-lab/open-data";
const URL = "https://github.test";

/** All from inside a machine, with git, and with nothing but the machine's own trust. */
describe("the rehearsal's GitHub, seen from a machine", function () {
  const { options, remove } = lab("github");
  const inLab = (name: string): string => path.join(path.dirname(options.folder), name);
  const folder = inLab("github");
  const made: string[] = [];
  let port: number;
  let fleet: Fleet;
  let github: GitHub;
  let authority: Authority;
  let front: Server;
  let one: DesiredMachine;

  const bash = async (script: string): Promise<{ exitCode: number; text: string }> => {
    const begin = "set -e; export HOME=/root GIT_TERMINAL_PROMPT=0; cd /root;";
    const command = ["bash", "-c", `${begin} ${script}`];
    const { exitCode, stdout, stderr } = await fleet.exec(one.instanceId, command);
    return { exitCode, text: (stdout + stderr).trim() };
  };
  const can = async (script: string): Promise<string> => {
    const { exitCode, text } = await bash(script);
    assert.equal(exitCode, 0, text);
    return text;
  };
  const cannot = async (script: string): Promise<string> => {
    const { exitCode, text } = await bash(script);
    assert.notEqual(exitCode, 0, text);
    return text;
  };
  const tell = (action: string, args: unknown = {}) => github.control(action, args);
  const newToken = async (of: TokenWish = {}): Promise<string> => {
    const { token } = (await tell("newToken", of)) as { token: string };
    made.push(token);
    return token;
  };
  const change = (token: string, to: object) =>
    tell("changeTokens", { hashes: [hashOf(token)], change: to });
  const fault = (of: Fault) => tell("fault", of);
  const log = async () => (await tell("log")) as LogLine[];
  const withToken = (token: string, repository: string, user = "x-access-token"): string =>
    `https://${user}:${token}@github.test/${repository}`;
  const read = (token: string, repository = COURSE): string =>
    `git ls-remote ${withToken(token, repository)} HEAD`;
  const booted = () => until(() => answers(one.address));

  const open = async (): Promise<void> => {
    github = await GitHub.open(folder);
    const pair = await authority.sign("github", GITHUB_HOSTS);
    const site = { names: GITHUB_HOSTS, ...pair, serve: github.serve.bind(github) };
    front = await openFront(fleet.gateway, [site], port);
  };

  before(async () => {
    port = await freePort();
    authority = await Authority.in(inLab("certificates"), "authority");
    const trusted = inLab("trusted");
    addTrusted(trusted, fs.readFileSync(authority.file));
    const outside = { trusted, hosts: `${SERVICES_ADDRESS} ${GITHUB_HOSTS.join(" ")}` };
    fleet = await Fleet.open({ ...options, tlsPort: port, outside });
    await open();
    one = machine(1);
    await fleet.bringInLine(wish([one]));
    await booted();
  });

  after(async () => {
    closeFront(front);
    await remove();
  });
  afterEach(() => tell("clearFaults"));

  it("gives a public repository to anybody, by a certificate that the machine trusts", async () => {
    await can(`git clone -q ${URL}/${OPEN}; git clone -q ${URL}/River-Lab/OPEN-Data.git upper`);
    assert.match(await can("cat upper/README.md"), /Open data/);
    assert.equal(await can(`curl -sS -o /dev/null -w '%{http_code}' ${URL}/x/y`), "404");
    const python = `import urllib.request as u; print(u.urlopen("https://api.github.test/rate_limit").status)`;
    assert.equal(await can(`python3 -c '${python}'`), "200");
    assert.match(await cannot(`curl -sS --capath /x --cacert /dev/null ${URL}`), /\(60\)|\(77\)/);
  });

  it("gives private ones to a token that may: whole, shallow, partial, and large files", async () => {
    const data = withToken(DEV_TOKEN, "river-lab/field-data");
    await can(`git clone -q ${withToken(DEV_TOKEN, COURSE, "anybody")} whole`);
    assert.match(await can("ls whole/notebooks"), /Урок 3 #1 & a\+b\.ipynb/);
    assert.match(await can("git -C whole branch -r"), /origin\/осень\/2026-#1/);
    await can(`git clone -q --depth 1 ${data} shallow`);
    const size = await can("stat -c %s shallow/rasters/elevation.bin; ls shallow/stations | wc -l");
    assert.deepEqual(size.split("\n"), [String(24 * 2 ** 20), "300"]);
    await can(`git clone -q --filter=blob:none --no-checkout ${data} partial`);
    const missing = "git -C partial rev-list --objects --all --missing=print | grep -c '^?'";
    assert.equal(await can(missing), "302");
  });

  it("refuses with GitHub's words", async () => {
    const revoked = await newToken();
    await change(revoked, { revoked: true });
    const expired = await newToken({ days: 1 });
    await change(expired, { expires: new Date().toISOString() });
    const invalid =
      /remote: Invalid username or token\. Password authentication is not supported for Git operations\./;
    const table: [string, string, RegExp][] = [
      ["no token", `git ls-remote ${URL}/${COURSE}`, /could not read Username/],
      ["a password", read("secret"), invalid],
      ["a revoked token", read(revoked), invalid],
      ["an expired token", read(expired), invalid],
      ["no access", read(DEV_TOKEN, "river-lab/exam"), /remote: Repository not found\./],
      ["no such one", read(DEV_TOKEN, "river-lab/no"), /remote: Repository not found\./],
      ["no approval", read(await newToken({ approved: false })), /has not approved.*[^]*403/],
      [
        "no single sign-on",
        read(await newToken({ classic: true, approved: false })),
        /remote: The 'river-lab' organization has enabled or enforced SAML SSO[^]*403/,
      ],
    ];
    for (const [why, script, words] of table) assert.match(await cannot(script), words, why);
    // Git sends a token only when it is asked for one; other programs send it at once.
    const refs = `${OPEN}/info/refs?service=git-upload-pack`;
    const open = `curl -sS -o /dev/null -w '%{http_code}'`;
    assert.equal(await can(`${open} -u a:${revoked} '${URL}/${refs}'`), "401");
    assert.equal(await can(`${open} -u a:${DEV_TOKEN} '${URL}/${refs}'`), "200");
    const head = await can(`curl -sSi '${URL}/${COURSE}/info/refs?service=git-upload-pack'`);
    assert.match(head, /^HTTP\/1\.1 401 [^]*www-authenticate: Basic realm="GitHub"/i);
  });

  it("takes a push from those who may write, large ones in pieces, and refuses others", async () => {
    const identity = "-c user.name=A -c user.email=a@example.org";
    const commit = (name: string): string =>
      `cd ${name}; head -c 3000000 /dev/urandom >large; git add .; git ${identity} commit -qm large`;
    const own = withToken(await newToken({ account: "aisuluu" }), "aisuluu/notes");
    await can(`git clone -q ${own} notes; ${commit("notes")}; git push -q`);
    const [there = ""] = (await can(`git ls-remote ${URL}/aisuluu/notes main`)).split("\t");
    assert.equal(await can("git -C notes rev-parse HEAD"), there);
    assert.equal(await tell("headOf", { repository: "aisuluu/notes", branch: "main" }), there);
    const former = await tell("headOf", { repository: COURSE, branch: "main" });
    const refused = await cannot(
      `git clone -q ${withToken(DEV_TOKEN, COURSE)} readonly; ${commit("readonly")}; git push -q`,
    );
    assert.match(refused, /remote: Write access to repository not granted\./);
    assert.equal(await tell("headOf", { repository: COURSE, branch: "main" }), former);
  });

  it("has the instructor's next version at the next pull", async () => {
    await can(`git clone -q ${withToken(DEV_TOKEN, COURSE)} course`);
    const files = { "notebooks/новый + 4.txt": "пять\n" };
    const commit = { repository: COURSE, branch: "main", files, message: "More" };
    const hash = await tell("push", { ...commit, deleted: ["data/wells.csv"] });
    assert.equal(await can("cd course; git pull -q; git rev-parse HEAD"), hash);
    assert.equal(await can("cd course; cat notebooks/новый*; ls data 2>/dev/null || :"), "пять");
  });

  it("writes down who did what with which token, and never the token", async () => {
    const token = await newToken();
    await tell("clearLog");
    await can(read(token));
    await change(token, { revoked: true });
    await cannot(read(token));
    await bash(`curl -sS -u a:${token} ${URL}/${token}/x/info/refs?token=${token}`);
    const print = fingerprintOf(hashOf(token));
    const lines = (await log()).filter(({ fingerprint }) => fingerprint === print);
    assert.ok(lines.some(({ status, account }) => status === 200 && account === "nicolas"));
    assert.ok(lines.some(({ status }) => status === 401));
    const texts = fs
      .readdirSync(folder)
      .filter((name) => name.endsWith(".json") || name.endsWith(".log"))
      .map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
    assert.ok(texts.some((text) => text.includes(print)));
    for (const secret of [...made, DEV_TOKEN])
      assert.deepEqual(
        texts.filter((text) => text.includes(secret.slice(-24))),
        [],
      );
    const keys = ["authority.key", "github.key"].map((name) => inLab(`certificates/${name}`));
    const files = ["model.json", "requests.log"].map((name) => path.join(folder, name));
    for (const file of [...files, ...keys])
      assert.equal(fs.statSync(file).mode & 0o777, 0o600, file);
  });

  it("goes wrong on demand, and is well again after", async () => {
    for (const status of [401, 403, 404, 500]) {
      await fault({ path: `/${OPEN}`, status, times: 1 });
      const url = `${URL}/${OPEN}/info/refs?service=git-upload-pack`;
      const got = "curl -sS -o /dev/null -w '%{http_code} '";
      assert.equal(await can(`${got} '${url}'; ${got} '${url}'`), `${status} 200`);
    }
    await fault({ path: "/river-lab/field-data/git-upload-pack", cut: true });
    const data = withToken(DEV_TOKEN, "river-lab/field-data");
    assert.match(await cannot(`git clone -q ${data} broken`), /RPC failed|hung up|early EOF/i);
    await fault({ path: `/${OPEN}`, slow: 10_000 });
    const ended = await bash(`timeout 2 git ls-remote ${URL}/${OPEN}`);
    assert.equal(ended.exitCode, 124);
    await tell("clearFaults");
    await can(`git clone -q ${data} whole-again`);
  });

  it("gives nothing outside its repositories, whatever the path", async () => {
    /** The status of an answer, and its body, to a request line as it is. */
    const raw = (target: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({
          ...{ host: fleet.gateway, port, servername: GITHUB_HOSTS[0] },
          ca: fs.readFileSync(authority.file),
        });
        let text = "";
        socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
        socket.on("close", () => resolve(text)).on("error", reject);
        const login = Buffer.from(`x:${DEV_TOKEN}`).toString("base64");
        socket.write(
          `GET ${target} HTTP/1.1\r\nHost: ${GITHUB_HOSTS[0]}\r\nAuthorization: Basic ${login}\r\nConnection: close\r\n\r\n`,
        );
      });
    const refs = "info/refs?service=git-upload-pack";
    assert.match(await raw(`/${COURSE}/${refs}`), /^HTTP\/1\.1 200 /);
    const paths = [
      `/../repositories/${COURSE}/${refs}`,
      `/river-lab/../river-lab/exam/${refs}`,
      `/${COURSE}/../exam/${refs}`,
      `/river-lab/%2e%2e%2friver-lab%2fexam/${refs}`,
      `/river-lab/groundwater-course%00/${refs}`,
      `/river-lab/groundwater-course.git/..%2fexam.git/${refs}`,
      `//${COURSE}/${refs}`,
      `/${COURSE}//${refs}`,
      `http://elsewhere.test/${COURSE}/${refs}`,
      `/${COURSE}/HEAD`,
      `/${COURSE}/objects/info/packs`,
      `/${COURSE}/config`,
      `/model.json`,
      `/..%2fmodel.json`,
      `/${COURSE}/info/refs?service=git-upload-archive`,
    ];
    for (const target of paths) {
      const answer = await raw(target);
      assert.match(answer, /^HTTP\/1\.1 (400|404) /, target);
      assert.doesNotMatch(answer, /refs\/heads|\[core\]|"hash"/, target);
    }
    const doubled = await raw(`/${COURSE}/${refs}&service=git-receive-pack`);
    assert.doesNotMatch(doubled, /service=git-receive-pack/);
  });

  it("sends on to the present name of a renamed repository", async () => {
    await tell("rename", { from: OPEN, to: "river-lab/public-data" });
    assert.match(
      await can(`git ls-remote ${URL}/${OPEN} HEAD 2>&1`),
      /redirecting to .*public-data/,
    );
    await can(`git clone -q ${URL}/${OPEN} renamed`);
    await tell("rename", { from: "river-lab/public-data", to: OPEN });
    await can(`git ls-remote ${URL}/${OPEN} HEAD`);
  });

  it("is found and trusted after a reboot, and knows its tokens after a restart of its own", async () => {
    const token = await newToken();
    const revoked = await newToken();
    await change(revoked, { revoked: true });
    const head = await tell("headOf", { repository: COURSE, branch: "main" });
    closeFront(front);
    await fleet.reboot(one.instanceId);
    await open();
    await booted();
    await can("cloud-init status --wait");
    assert.match(await can(read(token)), new RegExp(`^${String(head)}\t`));
    assert.match(await cannot(read(revoked)), /Invalid username or token/);
    assert.equal(await can("grep -c github.test /etc/hosts"), "1");
  });
});
