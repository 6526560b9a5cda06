/** A new stack's file. The command itself runs in a copy of the program's folder. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { parseNewArguments } from "../../scripts/newArguments";
import { defaultOf, problemsOf, startOf, textOf, withAnswers } from "../../scripts/newFile";

const ROOT = path.join(__dirname, "../..");
const PROJECT = fs.readFileSync(path.join(ROOT, "Pulumi.yaml"), "utf8");
const SHA = "a".repeat(64);
const OLD = `# last year's
encryptionsalt: v1:salt
config:
  aws:region: eu-central-1
  # Everybody's.
  aws:profile: work
  tljh-workshop:admins: [nicolas, tea]
  tljh-workshop:participants: 12
  tljh-workshop:participantNames: [aigul]
  tljh-workshop:bootstrapSha256: ${SHA}
  tljh-workshop:sshCidrs: [203.0.113.7/32]
  tljh-workshop:elasticIp: eipalloc-0123456789abcdef0
  tljh-workshop:lastDay: "2026-12-17"
  tljh-workshop:content:
    - repo: river-lab/groundwater-course
  tljh-workshop:gitToken:
    secure: v1:xyz
`;
const configOf = (text: string) => (parse(text) as { config: Record<string, unknown> }).config;

describe("a new stack's file", () => {
  it("from last year's has neither its secrets nor its people, addresses and days", () => {
    const text = textOf(startOf(OLD));
    assert.deepEqual(configOf(text), {
      "aws:region": "eu-central-1",
      "aws:profile": "work",
      "tljh-workshop:admins": ["nicolas", "tea"],
      "tljh-workshop:participants": 12,
      "tljh-workshop:bootstrapSha256": SHA,
      "tljh-workshop:content": [{ repo: "river-lab/groundwater-course" }],
    });
    assert.doesNotMatch(text, /encryptionsalt|salt|xyz/);
    assert.match(text, /# Everybody's\./);
    const [days, ...others] = problemsOf(startOf(OLD), "next", PROJECT);
    assert.match(days?.wrong ?? "", /lastDay is not set/);
    assert.deepEqual(others, []);
  });

  it("takes answers over what was copied, and an empty one takes a value out", () => {
    const file = withAnswers(startOf(OLD), {
      region: "ap-south-1",
      participants: "30",
      course: "",
      days: "2027-10-04 2027-10-08",
    });
    const config = configOf(textOf(file));
    assert.equal(config["aws:region"], "ap-south-1");
    assert.equal(config["tljh-workshop:participants"], "30");
    assert.ok(!("tljh-workshop:content" in config));
    // With quotation marks: without, YAML makes a time of it.
    assert.match(textOf(file), /lastDay: "2027-10-08"/);
    assert.deepEqual(problemsOf(file, "next", PROJECT), []);
    const endless = withAnswers(file, { days: "" });
    assert.match(textOf(endless), /lastDay: none/);
    assert.doesNotMatch(textOf(endless), /firstDay/);
    assert.deepEqual(problemsOf(endless, "next", PROJECT), []);
  });

  it("is checked by the program's own rules", () => {
    const file = withAnswers(startOf(OLD), { domain: "not a name", admins: "" });
    const mends = problemsOf(file, "next", PROJECT).map(({ mend }) => mend);
    assert.ok(
      mends.some((mend) => mend.includes("domain")),
      mends.join(),
    );
    assert.ok(
      mends.some((mend) => mend.includes("admins")),
      mends.join(),
    );
  });

  it("presets each question with what is there", () => {
    const file = startOf(OLD);
    assert.equal(defaultOf(file, "region"), "eu-central-1");
    assert.equal(defaultOf(file, "admins"), "nicolas,tea");
    assert.equal(defaultOf(file, "participants"), "12");
    assert.equal(defaultOf(file, "course"), "river-lab/groundwater-course");
    assert.equal(defaultOf(file, "days"), "");
    assert.equal(defaultOf(startOf(undefined), "participants"), "20");
  });
});

describe("npm run new", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "new-test-"));
    for (const part of ["components", "providers", "scripts"]) {
      fs.symlinkSync(path.join(ROOT, part), path.join(folder, part));
    }
    fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
    fs.copyFileSync(path.join(ROOT, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    fs.writeFileSync(path.join(folder, "Pulumi.old.yaml"), OLD);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** The command, with its files in the folder. */
  function run(args: string[], input = "") {
    const script = path.join(folder, "scripts/new.ts");
    const node = ["--preserve-symlinks", "--preserve-symlinks-main", "--import", "tsx", script];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...args], {
      cwd: folder,
      encoding: "utf8",
      input,
    });
    return { status, stdout, stderr };
  }
  const file = (stack: string) => path.join(folder, `Pulumi.${stack}.yaml`);

  it("asks, says what is wrong with an answer, and asks that again", () => {
    const answers = [
      "Xx",
      "spring",
      "",
      "jupyter.example.org",
      "it@example.org",
      "nicolas,tea",
      "many",
      "30",
      "",
      "2027-03-01 2027-03-05",
    ];
    const { status, stdout, stderr } = run([], `${answers.join("\n")}\n`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /This cannot be the name of a workshop/);
    assert.match(
      stdout,
      /participants is not a whole number; allowed: a whole number from 0 to 500/,
    );
    assert.match(stdout, /Wrote Pulumi\.spring\.yaml\. Next:\n {2}pulumi stack init spring\n/);
    assert.match(stdout, /config --stack spring set bootstrapSha256/);
    assert.match(stdout, /npm run preflight -- --stack spring\n {2}pulumi up --stack spring\n$/);
    const config = configOf(fs.readFileSync(file("spring"), "utf8"));
    assert.deepEqual(config["tljh-workshop:admins"], ["nicolas", "tea"]);
    assert.equal(config["tljh-workshop:acmeEmail"], "it@example.org");
  });

  it("asks nothing with --yes, and never overwrites", () => {
    const made = run(["next", "--from", "old", "--yes", "--days", "2027-01-11"]);
    assert.equal(made.status, 0, made.stderr);
    assert.doesNotMatch(made.stdout, /bootstrapSha256/);
    const before = fs.readFileSync(file("next"), "utf8");
    const again = run(["next", "--from", "old", "--yes"]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /There is a file for this stack already; nothing was changed/);
    assert.equal(fs.readFileSync(file("next"), "utf8"), before);
  });

  it("writes nothing when answers are wrong or missing, and the command of the error does", () => {
    const wrong = run(["bad", "--yes", "--admins", "N!", "--region", "mars"]);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /3 problems/);
    const mends = [...wrong.stderr.matchAll(/mend: +npm run new -- (.*)$/gm)].map(([, it]) => it);
    assert.equal(mends.length, 3);
    assert.equal(new Set(mends).size, 1);
    const mended = run((mends[0] ?? "").split(" "));
    assert.equal(mended.status, 0, mended.stderr);
    fs.rmSync(file("bad"));
    assert.match(run([], "bad\n").stderr, /not all answered; nothing was written/);
    assert.match(
      run(["bad", "--from", "nobody", "--yes"]).stderr,
      /Pulumi\.nobody\.yaml(.|\n)*old/,
    );
    assert.ok(!fs.existsSync(file("bad")));
  });

  it("knows its options", () => {
    assert.deepEqual(parseNewArguments(["a", "--from", "b", "-y", "--days", "x"]), {
      name: "a",
      from: "b",
      yes: true,
      answers: { days: "x" },
    });
    assert.throws(() => parseNewArguments(["a", "b"]), /words too many/);
    assert.throws(
      () => parseNewArguments(["--participant", "3"]),
      /npm run new -- --participants 3$/,
    );
  });
});
