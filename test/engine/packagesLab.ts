/** An environment of the tests' own with Python's real pip, packages made here, and a conda that is not one. */
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export const PROGRAMS = path.join(__dirname, "../../scripts/server/packages");

/** Makes wheels: `name version requirement,requirement` on each line. */
const MAKE_WHEELS = `
import sys, zipfile
folder, *lines = sys.argv[1:]
for line in lines:
    name, version, needs = (line + "  ").split(" ")[:3]
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\\n" for one in needs.split(",") if one)
    files = {
        f"{name}.py": "import nowhere\\n" if name == "broken" else f"version = '{version}'\\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
`;

/** Answers as conda's documentation says, and puts in by pip, with conda's marks. */
const CONDA = `
import glob, json, os, subprocess, sys
words = sys.argv[1:]
prefix = words[words.index("--prefix") + 1]
specs = [word for word in words[words.index("--prefix") + 2:] if not word.startswith("-")]
if "absent" in specs:
    print(json.dumps({"error": "x", "exception_name": "PackagesNotFoundError", "packages": ["absent"]}))
    sys.exit(1)
items = []
for spec in specs:
    name, version, build = (spec.split("=") + ["1.0", "py_0"][spec.count("="):])[:3]
    items.append({"name": name, "version": version, "build_string": build})
if "--dry-run" in words:
    fetch = [{"name": one["name"], "version": one["version"], "size": 1000} for one in items]
    print(json.dumps({"success": True, "dry_run": True, "actions": {"FETCH": fetch, "LINK": items}}))
    sys.exit(0)
for one in items:
    subprocess.run([f"{prefix}/bin/python3", "-m", "pip", "install", "-q", "--no-index", "--no-deps",
        "--find-links", os.environ.get("WHEELS", "@WHEELS@"), f"{one['name']}=={one['version']}"], check=True)
    [info] = glob.glob(f"{prefix}/lib/*/site-packages/{one['name']}-*.dist-info")
    open(f"{info}/INSTALLER", "w").write("conda")
    os.makedirs(f"{prefix}/conda-meta", exist_ok=True)
    name = "-".join((one["name"], one["version"], one["build_string"]))
    json.dump({"files": []}, open(f"{prefix}/conda-meta/{name}.json", "w"))
print(json.dumps({"success": True, "actions": {"LINK": items}}))
`;

export interface Ran {
  status: number;
  out: string;
  said: string;
}

export class PackagesLab {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "packages-"));
  readonly environment = path.join(this.folder, "user");
  readonly wheels = path.join(this.folder, "wheels");

  constructor() {
    execFileSync("python3", ["-m", "venv", this.environment]);
    fs.mkdirSync(this.wheels);
    const conda = CONDA.replace("@WHEELS@", this.wheels);
    fs.writeFileSync(path.join(this.environment, "bin/conda"), `#!/usr/bin/env python3\n${conda}`, {
      mode: 0o755,
    });
  }

  /** Packages that can be had: `name version requirement,requirement`. */
  offer(...lines: string[]): void {
    execFileSync("python3", ["-c", MAKE_WHEELS, this.wheels, ...lines]);
  }

  /** Runs words of packages.py one after the other, until one fails. */
  run(request: object, ...words: string[]): Ran {
    const folder = fs.mkdtempSync(path.join(this.folder, "run-"));
    const requirements = `--no-index\n--find-links ${this.wheels}\n`;
    const whole = {
      pip: [],
      conda: [],
      lock: "",
      own: [],
      stack: "test",
      requirements,
      ...request,
    };
    fs.writeFileSync(path.join(folder, "request.json"), JSON.stringify(whole));
    const ran: Ran = { status: 0, out: "", said: "" };
    for (const word of words) {
      const { status, stdout, stderr } = spawnSync(
        "python3",
        ["-I", path.join(PROGRAMS, "packages.py"), word, folder],
        {
          encoding: "utf8",
          env: {
            PATH: process.env["PATH"],
            WORKSHOP_NOBODY: os.userInfo().username,
            WORKSHOP_ENVIRONMENT: this.environment,
            WORKSHOP_PACKAGES_STATE: path.join(this.folder, "state.json"),
          },
        },
      );
      ran.status = status ?? -1;
      ran.out += stdout;
      ran.said += stderr;
      if (ran.status !== 0) break;
    }
    return ran;
  }

  /** All that is there of packages: files with their inodes, so that nothing can be changed unseen. */
  files(): string[] {
    return fs
      .readdirSync(this.environment, { recursive: true, encoding: "utf8" })
      .filter((file) => !file.includes("__pycache__"))
      .map((file) => [file, fs.lstatSync(path.join(this.environment, file))] as const)
      .map(([file, stat]) => (stat.isDirectory() ? file : `${file} ${stat.ino} ${stat.size}`))
      .sort();
  }

  freeze(): string[] {
    const python = path.join(this.environment, "bin/python3");
    const out = execFileSync(
      python,
      ["-m", "pip", "--disable-pip-version-check", "list", "--format=freeze"],
      {
        encoding: "utf8",
      },
    );
    return out.split("\n").filter((line) => line !== "" && !/^(pip|setuptools)==/.test(line));
  }

  close(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
