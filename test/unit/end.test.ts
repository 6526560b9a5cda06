import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseEndArguments } from "../../scripts/endArguments";
import { leftToDo, recordText } from "../../scripts/endRecord";
import { takeSteps, type EndStep, type EndTalk } from "../../scripts/endSteps";
import { askToken, stateOf } from "../../scripts/endToken";

describe("what npm run end is asked for", () => {
  it("is a stack, with questions unless they are not wanted", () => {
    assert.deepEqual(parseEndArguments([]), { yes: false });
    assert.deepEqual(parseEndArguments(["-s", "osh", "--yes"]), { stack: "osh", yes: true });
  });

  it("is nothing else", () => {
    assert.throws(() => parseEndArguments(["osh"]), /mend: +npm run end -- --stack osh/);
    assert.throws(() => parseEndArguments(["--yess"]), /--yess cannot be used so[^]*end -- --yes/);
  });
});

describe("the steps of the end", () => {
  const said: string[] = [];
  let answers: (string | undefined)[] = [];
  const talk = (yes = false): EndTalk => ({
    say: (line) => void said.push(line),
    ask: () => Promise.resolve(answers.shift()),
    yes,
    again: "npm run end -- --stack osh",
  });
  const ran: string[] = [];
  const step = (title: string, more: Partial<EndStep> = {}): EndStep => ({
    title,
    run: () => {
      ran.push(title);
      return Promise.resolve();
    },
    ...more,
  });
  const asks = { question: () => ({ text: "All goes.", answer: "osh" }) };
  beforeEach(() => {
    said.length = ran.length = 0;
    answers = [];
  });

  it("are taken in order, and those that are done only told", async () => {
    await takeSteps([step("A"), step("B", { done: () => "it is" }), step("C")], talk());
    assert.deepEqual(ran, ["A", "C"]);
    assert.deepEqual(said, ["[1/3] A", "[2/3] B", "  it is", "[3/3] C"]);
  });

  it("ask before what cannot be taken back, and stop at any other answer", async () => {
    for (const answer of ["yes", "", undefined]) {
      answers = [answer];
      await assert.rejects(
        takeSteps([step("A", asks), step("B")], talk()),
        /Stopped before: A[^]*allowed: +osh\n +mend: +npm run end -- --stack osh, which goes on/,
      );
    }
    assert.deepEqual(ran, []);
    answers = ["osh"];
    await takeSteps([step("A", asks)], talk());
    assert.deepEqual(ran, ["A"]);
  });

  it("ask nothing with --yes, and nothing about what is done", async () => {
    await takeSteps([step("A", asks)], talk(true));
    await takeSteps([step("B", { ...asks, done: () => "it is" })], talk());
    assert.deepEqual(ran, ["A"]);
  });

  it("stop at the first that fails, and say what is not done yet and how to go on", async () => {
    const fails = { run: () => Promise.reject(new Error("The disk is full")) };
    await assert.rejects(
      takeSteps([step("A"), step("B", fails), step("Last look"), step("D")], talk()),
      /^Error: The disk is full\n\nThe end stops here\. Not done yet: last look; d\. To go on: npm run end/,
    );
    assert.deepEqual(ran, ["A"]);
  });
});

describe("what stays of a workshop", () => {
  const outputs = {
    url: "https://jupyter.example.org",
    region: "ap-south-1",
    passwords: "[secret]",
    links: { introduction: "https://…" },
    dnsRecord: "jupyter.example.org. 3600 IN A 203.0.113.10",
  };
  const config = {
    "tljh-workshop:participants": { value: "20" },
    "tljh-workshop:gitToken": {},
    "tljh-workshop:helpers": { value: "[]" },
    "aws:region": { value: "ap-south-1" },
  };

  it("is a page with what it was, and no secret", () => {
    const versions = { pulumi: "v3.220.0" };
    const text = recordText({
      stack: "osh",
      outputs,
      config,
      at: "2026-12-18T10:00:00Z",
      versions,
    });
    assert.match(text, /^Workshop osh, as it was on 2026-12-18\n/);
    assert.match(text, /^ {2}url +https:\/\/jupyter\.example\.org$/m);
    assert.match(text, /^ {2}links +introduction: https:\/\/…$/m);
    assert.match(text, /^ {2}participants +20$/m);
    assert.match(text, /^ {2}gitToken +\[secret\]$/m);
    assert.match(text, /^ {2}pulumi +v3\.220\.0$/m);
    assert.doesNotMatch(text, /passwords|helpers/);
  });

  it("is what only people can do: token, record, backups, key, stack", () => {
    const tokenPage = "https://github.com/settings/personal-access-tokens";
    const backups = [{ id: "snap-1", monthly: 2.1 }, { id: "ami-1" }];
    const lines = leftToDo({ stack: "osh", outputs, config, tokenPage, backups });
    assert.deepEqual(lines, [
      `Revoke the token: ${tokenPage}`,
      "Ask IT to remove this DNS record: jupyter.example.org. 3600 IN A 203.0.113.10",
      "Backups stay, for 2.10 USD a month: snap-1, ami-1. When nobody needs them: npm run sweep -- --stack osh --remove --backups",
      "Throw away the key on this computer: rm -f ~/.ssh/osh.pem ~/.ssh/osh.known_hosts",
      "Forget the stack, and keep its configuration: pulumi stack rm osh --preserve-config",
    ]);
  });

  it("is an own address, whose record may stay, and no record where there was none", () => {
    const own = { ...config, "tljh-workshop:elasticIp": { value: "eipalloc-1" } };
    const left = { stack: "osh", outputs, tokenPage: "", backups: [] };
    const text = leftToDo({ ...left, config: own }).join("\n");
    assert.match(text, /^When you give the address up, ask IT to remove this DNS record/);
    assert.match(text, /release-address --allocation-id eipalloc-1 --region ap-south-1$/m);
    const none = { dnsRecord: "none: made in Route 53" };
    assert.equal(leftToDo({ ...left, config, outputs: none }).length, 2);
  });
});

describe("whether a token is revoked", () => {
  it("is told by the status of git's own question", () => {
    assert.deepEqual([401, 403, 200, 404, 500, 0].map(stateOf), [
      "refused",
      "refused",
      "accepted",
      "unknown",
      "unknown",
      "unknown",
    ]);
  });

  it("is asked for a repository that it could read, with the token in a header", async () => {
    const seen: string[] = [];
    const server = createServer((request, answer) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      answer.statusCode = 401;
      answer.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const place = { host, repository: `http://${host}/a/b.git`, username: "u", token: "t" };
    assert.equal(await askToken(place, undefined), "refused");
    server.close();
    const login = Buffer.from("u:t").toString("base64");
    assert.deepEqual(seen, [`/a/b.git/info/refs?service=git-upload-pack Basic ${login}`]);
    assert.equal(
      await askToken({ ...place, repository: "http://127.0.0.1:1/x" }, undefined),
      "unknown",
    );
  });
});
