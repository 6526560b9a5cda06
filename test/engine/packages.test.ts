import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { lockOf } from "../../components/packages";
import { PackagesLab, PROGRAMS } from "./packagesLab";

const ALL = ["put-back", "solve", "apply", "finish"];

describe("the packages on the server", function () {
  // Python's real pip, on a computer that may be busy.
  this.timeout(300_000);
  let lab: PackagesLab;
  before(() => {
    lab = new PackagesLab();
    lab.offer("river 1.0 water>=1", "water 1.0", "water 2.0", "lake 1.0 water<2", "sea 1.0");
  });
  after(() => lab.close());

  it("puts in what is asked for and what that needs, in the versions of a lock", () => {
    const lock = "#conda: other=1=0\nriver==1.0\nwater==1.0\n";
    const ran = lab.run({ pip: ["river"], lock }, ...ALL);
    assert.equal(ran.status, 0, ran.said);
    assert.match(ran.out, /^pip: new 2: /m);
    assert.deepEqual(lab.freeze(), ["river==1.0", "water==1.0"]);
    assert.match(lockOf(ran.out) ?? "", /^river==1\.0\n(.+\n)*water==1\.0$/m);
    assert.ok(!fs.existsSync(`${lab.environment}.before`));
  });

  it("adds one and leaves the others alone", () => {
    const before = lab.files();
    const ran = lab.run({ pip: ["river", "sea"] }, ...ALL);
    assert.match(ran.out, /^pip: new 1: sea 1\.0$/m);
    const after = new Set(lab.files());
    assert.deepEqual(
      before.filter((file) => !after.has(file)),
      [],
    );
  });

  it("shows what of the installed changes, and removes what nobody asks for any more", () => {
    const ran = lab.run({ pip: ["sea", "water>=2"] }, ...ALL);
    assert.match(ran.out, /Changes what is there: water 1\.0 -> 2\.0/);
    assert.match(ran.out, /Nobody asks for it any more: river$/m);
    assert.deepEqual(lab.freeze(), ["sea==1.0", "water==2.0"]);
  });

  const refused: [string, object, RegExp][] = [
    [
      "a package that does not exist, and names the one that is meant",
      { pip: ["geopanda"] },
      /no package geopanda at PyPI; geopandas is meant\?[^]*add geopandas --stack test/,
    ],
    [
      "packages that do not go together, in the resolver's words",
      { pip: ["river", "lake", "water>=2"] },
      /do not go together: .*lake[^]*lake 1\.0 depends on water<2/,
    ],
    [
      "another version of what TLJH has put in",
      { pip: ["sea", "water<2"], own: ["water"] },
      /do not go together: water<2[^]*held here: water==2\.0/,
    ],
    [
      "whatever it is while the index cannot be reached",
      { pip: ["pond"], requirements: "--index-url http://127.0.0.1:9/simple" },
      /PyPI\) cannot be reached from the server[^]*connection broken/,
    ],
    [
      "a line of a requirements file that is for pip alone",
      { requirements: "-e ." },
      /received: -e \./,
    ],
    [
      "conda's package that does not exist",
      { conda: ["absent"] },
      /conda's channel has no package absent/,
    ],
  ];
  for (const [what, request, text] of refused) {
    it(`refuses ${what}, and changes nothing`, () => {
      const before = lab.files();
      const ran = lab.run(request, ...ALL);
      assert.equal(ran.status, 1, ran.out);
      assert.match(ran.said, text);
      assert.match(ran.said, /\n {2}received: .+\n {2}allowed: {2}.+\n {2}mend: {5}.+/);
      assert.deepEqual(lab.files(), before);
    });
  }

  it("puts everything back when people could not work with it, and says which package it is", () => {
    lab.offer("broken 1.0");
    const before = lab.files();
    const ran = lab.run({ pip: ["sea", "broken"] }, "solve", "apply", "prove");
    assert.equal(ran.status, 1);
    assert.match(
      ran.said,
      /^broken cannot be imported[^]*import broken: .*No module named 'nowhere'/,
    );
    assert.deepEqual(lab.files(), before);
  });

  it("refuses what has no room on the disk", () => {
    const said = execFileSync(
      "python3",
      [
        "-c",
        `import sys; sys.path.insert(0, ${JSON.stringify(PROGRAMS)})
import packages, problem
packages.ENVIRONMENT = "/"
try:
    packages.Packages("/").need(2**40)
except problem.Problem as error:
    print(error.text("test"))`,
      ],
      { encoding: "utf8", env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } },
    );
    assert.match(said, /too little room[^]*free on \/[^]*pulumi config --stack test set diskGiB/);
  });

  it("puts back the very files that were there after an interrupted change", () => {
    const before = lab.files();
    const etc = path.join(lab.environment, "etc");
    fs.mkdirSync(etc);
    fs.writeFileSync(path.join(etc, "own.cfg"), "mine");
    lab.run({ pip: ["sea", "lake"] }, "solve", "apply");
    fs.writeFileSync(path.join(etc, "own.cfg"), "changed in place");
    fs.writeFileSync(path.join(lab.environment, "bin/junk"), "");
    fs.rmSync(path.join(lab.environment, "bin/pip"));
    const ran = lab.run({}, "put-back");
    assert.match(ran.out, /Putting the environment back/);
    assert.equal(fs.readFileSync(path.join(etc, "own.cfg"), "utf8"), "mine");
    fs.rmSync(etc, { recursive: true });
    assert.deepEqual(lab.files(), before);
  });

  it("lets conda go first, and holds pip to what it has put in", () => {
    const ran = lab.run({ pip: ["sea", "river"], conda: ["water=1.0"] }, ...ALL);
    assert.equal(ran.status, 0, ran.said);
    assert.match(ran.out, /^conda installs 1 packages$/m);
    assert.match(lockOf(ran.out) ?? "", /^#conda: water=1\.0=py_0$/m);
    assert.deepEqual(lab.freeze(), ["river==1.0", "sea==1.0", "water==1.0"]);
    const held = lab.run({ pip: ["sea", "river", "water>=2"], conda: ["water=1.0"] }, "solve");
    assert.match(held.said, /held here: water==1\.0/);
  });
});
