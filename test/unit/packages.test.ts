import assert from "node:assert/strict";
import { lockOf, ownPackages, packagesValues } from "../../components/packages";
import { packageName, parsePackages } from "../../components/packagesConfig";
import { formatProblem } from "../../components/text";
import { parsePackageArguments } from "../../scripts/packageArguments";
import {
  listed,
  listText,
  recorded,
  withoutPackages,
  withPackages,
} from "../../scripts/packageList";

const NONE = { conda: [], pip: [], apt: [] };

describe("packages in the configuration", () => {
  const problemsOf = (value: unknown) =>
    parsePackages(JSON.stringify(value)).problems.map(formatProblem);

  it("takes names, versions, extras, markers and addresses", () => {
    const pip = [
      "rasterio",
      "flopy==3.9.2",
      "pandas>=2,<3",
      "dask[array,dataframe] ~= 2026.1",
      "numpy; python_version >= '3.11'",
      "course @ git+https://github.com/river-lab/course@v1",
    ];
    const value = {
      pip,
      conda: ["gdal=3.11", "conda-forge::fiona", "libtiff>=4"],
      apt: ["g++"],
    };
    assert.deepEqual(parsePackages(JSON.stringify(value)), { packages: value, problems: [] });
    assert.deepEqual(parsePackages(""), { packages: NONE, problems: [] });
  });

  const refused: [string, unknown, RegExp][] = [
    ["a command", { pip: ["pip install flopy"] }, /mend: .*'packages\.pip\[0\]' flopy$/],
    [
      "a version after a blank",
      { pip: ["numpy", "flopy 3.9"] },
      /'packages\.pip\[1\]' flopy==3\.9$/,
    ],
    ["an option of pip", { pip: ["--index-url=http://evil"] }, /pip does not take this/],
    ["a file of the server", { pip: ["/etc"] }, /pip does not take this/],
    ["an option of apt", { apt: ["-o"] }, /apt does not take this/],
    ["a misspelt installer", { pipp: ["flopy"] }, /pip is meant\?/],
    ["a name alone", { pip: "flopy" }, /packages\.pip is not a list/],
    ["a list", ["flopy"], /not a table of lists/],
    [
      "a name that two install",
      { conda: ["GDAL"], pip: ["gdal==3.11"] },
      /gdal twice[^]*conda and pip/,
    ],
  ];
  for (const [what, value, text] of refused) {
    it(`refuses ${what}`, () => {
      const problems = problemsOf(value);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", text);
    });
  }

  it("knows a package by one spelling", () => {
    const names = ["Flo.Py>=3", "flo_py[all]", "conda-forge::flo-py=3"].map(packageName);
    assert.deepEqual(names, ["flo-py", "flo-py", "flo-py"]);
  });
});

describe("the step for packages", () => {
  const values = (packages: object) =>
    packagesValues({
      packages: { ...NONE, ...packages },
      requirements: "",
      requirementsUrl: "",
      packagesLock: "flopy==3.9.2\n",
      packagesScript: "",
      aptWaitMinutes: 15,
    });

  it("has TLJH's own packages among those that stay", () => {
    const own = ownPackages();
    for (const name of ["jupyterhub", "jupyterlab", "nbgitpuller"]) assert.ok(own.includes(name));
    const request = JSON.parse(values({ pip: ["flopy"] })["REQUEST"] as string) as object;
    assert.deepEqual(request, {
      pip: ["flopy"],
      conda: [],
      requirements: "",
      lock: "flopy==3.9.2\n",
      own,
    });
  });

  it("tells the exact versions from what it prints", () => {
    const printed =
      'Working\nlock: ["#conda: gdal=3.11=0", "a==1"]\nlock: ["b @ https://x/b"]\nThere: a 1\n';
    assert.equal(lockOf(printed), "#conda: gdal=3.11=0\na==1\nb @ https://x/b\n");
    assert.equal(lockOf("Working\n"), undefined);
    assert.equal(lockOf(undefined), undefined);
  });
});

describe("npm run package", () => {
  const parse = (line: string) =>
    parsePackageArguments(line.split(" ").filter((word) => word !== ""));
  const add = { do: "add", installer: "pip", change: false, dryRun: false };

  const understood: [string, object][] = [
    ["add flopy", { ...add, names: ["flopy"] }],
    [
      "add flopy rasterio==1.4 -s spring",
      { ...add, names: ["flopy", "rasterio==1.4"], stack: "spring" },
    ],
    ["add gdal --conda --dry-run", { ...add, names: ["gdal"], installer: "conda", dryRun: true }],
    [
      "add gdal-bin --apt --change",
      { ...add, names: ["gdal-bin"], installer: "apt", change: true },
    ],
    ["remove flopy", { do: "remove", names: ["flopy"], dryRun: false }],
    ["list --json", { do: "list", json: true }],
    ["lock", { do: "lock" }],
  ];
  for (const [line, request] of understood) {
    it(`understands ${line}`, () => assert.deepEqual(parse(line), request));
  }

  const refused: [string, RegExp][] = [
    ["", /What to do is missing/],
    ["ad flopy", /does not know the word ad[^]*npm run package -- add/],
    ["add", /Which package is missing/],
    ["add flopy --conda --apt", /from one place/],
    ["add flopy== ", /pip does not take this[^]*received: flopy==/],
    ["remove flopy --conda", /--conda belongs to add/],
    ["list flopy", /words too many/],
    ["add flopy --changes", /--changes cannot[^]*--change$/],
  ];
  for (const [line, text] of refused) {
    it(`refuses ${line || "nothing"}`, () => assert.throws(() => parse(line), text));
  }

  it("puts a name into the list once, with what was asked for last", () => {
    const list = { conda: ["gdal"], pip: ["flopy==3.9", "numpy"], apt: ["gdal"] };
    assert.deepEqual(withPackages(list, "pip", ["GDAL==3.11", "flopy"]), {
      conda: [],
      pip: ["numpy", "GDAL==3.11", "flopy"],
      apt: ["gdal"],
    });
    assert.deepEqual(recorded({ ...NONE, pip: ["flopy"] }), { pip: ["flopy"] });
  });

  it("takes a name out, and says which is meant by one that is not there", () => {
    const list = { conda: [], pip: ["geopandas>=1", "numpy"], apt: [] };
    assert.deepEqual(withoutPackages(list, ["GeoPandas"], "test"), { ...NONE, pip: ["numpy"] });
    assert.throws(
      () => withoutPackages(list, ["geopanda"], "test"),
      /no package geopanda[^]*remove geopandas --stack test/,
    );
    assert.throws(() => withoutPackages(NONE, ["x"], "test"), /the list is empty/);
  });

  it("lists what is asked for with the versions of the lock", () => {
    const lock = "#conda: gdal=3.11.4=py_0\nFloPy==3.9.2\nmine @ git+https://x/y@abc\n";
    const list = { conda: ["gdal"], pip: ["flopy", "absent"], apt: ["g++"] };
    assert.deepEqual(
      listed(list, lock).map(({ name, version }) => [name, version]),
      [
        ["gdal", "3.11.4"],
        ["flopy", "3.9.2"],
        ["absent", undefined],
        ["g++", undefined],
      ],
    );
    assert.match(listText(listed(list, lock)), /^absent +pip +– +absent$/m);
    assert.match(listText([]), /No packages/);
  });
});
