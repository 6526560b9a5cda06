#!/usr/bin/python3
"""The packages of the user environment: what is asked for, no less, and not more than it needs.

    sudo python3 packages.py solve|apply|prove|finish|put-back FOLDER

FOLDER has request.json, and keeps between the words what was worked out. See packages.sh for the
order. Request:
pip             requirements
conda           conda's specs
requirements    text of a requirements file, which is asked for as well
lock            text of an earlier lock: its versions are taken for whatever is put in
own             names of TLJH's own packages, which stay at their versions
refuseChanges   true: nothing that is there is changed while people's servers run
stack           for the commands in errors

A package of an earlier request that nobody asks for any more, and nobody needs, is removed; never
one that this program has not put in, and none of conda's.
"""

import json
import os
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from condaside import Conda  # noqa: E402
from pipside import Pip, download_mib, unpacked_mib  # noqa: E402
from problem import Problem, extras_of, name_of, normal, run  # noqa: E402
from prove import extension_files, prove  # noqa: E402
from snapshot import Snapshot  # noqa: E402

ENVIRONMENT = os.environ.get("WORKSHOP_ENVIRONMENT", "/opt/tljh/user")
STATE = os.environ.get("WORKSHOP_PACKAGES_STATE", "/var/lib/workshop/packages.json")
# What the rest of the server needs to go on, in MiB.
RESERVE = 300
# Unpacked files for each MiB of a wheel or a conda package, that itself included.
TIMES = 5
LINE = 1900


def say(text):
    print(text, flush=True)


def load(path, otherwise):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return otherwise


def save(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
    os.replace(f"{path}.part", path)


def requirements_of(text):
    """Requirements and options of pip of a requirements file. Hashes are left out: see README."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    lines = [re.sub(r"\s+(#.*|--hash.*)$", "", line) for line in lines]
    lines = [line for line in lines if line and not line.startswith("#")]
    options = [line for line in lines if line.startswith("-")]
    odd = [line for line in options if not re.match(r"--(extra-)?index-url\b|--find-links\b|--no-index$", line)]
    if odd:
        raise Problem(
            "The requirements file has a line that is not understood here; nothing was changed",
            odd[0],
            "a package a line, --index-url, --extra-index-url, --find-links, --no-index",
            "the packages of that line written out in the file; then pulumi up",
        )
    return [line for line in lines if not line.startswith("-")], options


class Packages:
    def __init__(self, folder):
        self.folder = folder
        self.request = load(os.path.join(folder, "request.json"), {})
        self.state = {"ours": [], "conda": [], "condaSpecs": [], **load(STATE, {})}
        self.plan = load(os.path.join(folder, "plan.json"), {})
        self.snapshot = Snapshot(ENVIRONMENT, f"{ENVIRONMENT}.before")
        more, options = requirements_of(self.request.get("requirements", ""))
        self.wanted = [*self.request.get("pip", []), *more]
        self.pip = Pip(f"{ENVIRONMENT}/bin/python3", folder, options)
        self.conda = Conda(ENVIRONMENT)

    def look(self):
        names = [name_of(line) for line in [*self.wanted, *self.request.get("conda", [])]]
        status, out, said = run(
            f"{ENVIRONMENT}/bin/python3", "-I", os.path.join(HERE, "environment.py"), *names
        )
        if status == 0:
            return json.loads(out)
        raise Problem(
            "The user environment's Python does not run",
            said.strip().splitlines()[-1] if said.strip() else f"exit status {status}",
            f"{ENVIRONMENT}/bin/python3 with pip",
            "pulumi up, which installs TLJH anew where it is broken",
        )

    def needed(self, dists):
        """All that is asked for, is not ours, or is needed by such."""
        todo = [(name, "") for name in dists if name not in self.state["ours"]]
        for line in [*self.wanted, *self.request.get("conda", [])]:
            todo += [(name_of(line), extra) for extra in ["", *extras_of(line)]]
        seen = set()
        while todo:
            one = todo.pop()
            if one in seen or one[0] not in dists:
                continue
            seen.add(one)
            for name, extras in dists[one[0]]["needs"].get(one[1], []):
                todo += [(name, extra) for extra in ["", *extras]]
        return {name for name, _ in seen}

    def held(self, dists):
        """conda's and TLJH's own packages at their versions, and what the lock says of ours."""
        own = {normal(name) for name in self.request.get("own", [])}
        held = {
            name: f"{dist['name']}=={dist['version']}"
            for name, dist in dists.items()
            if dist["by"] == "conda" or name in own
        }
        for line in requirements_of(self.request.get("lock", ""))[0]:
            if name_of(line) not in dists or name_of(line) in self.state["ours"]:
                held.setdefault(name_of(line), line)
        return held

    def conda_specs(self, present):
        """Those that are new, at the lock's versions."""
        pins = re.findall(r"^#conda: (\S+)$", self.request.get("lock", ""), re.MULTILINE)
        pins = {name_of(pin): pin for pin in pins}
        names = {name_of(one) for one in present}
        new = [
            spec
            for spec in self.request.get("conda", [])
            if spec not in self.state["condaSpecs"] or name_of(spec) not in names
        ]
        return [pins.get(name_of(spec), spec) for spec in new]

    # ---- Working out --------------------------------------------------------------------------

    def solve(self):
        seen = self.look()
        dists = seen["dists"]
        held = self.held(dists)
        specs = self.conda_specs(seen["conda"])
        link = self.conda.solve(specs) if specs else []
        for one in link:
            if name_of(one["name"]) in held and dists[name_of(one["name"])]["by"] == "pip":
                raise self.conda_takes(one, dists[name_of(one["name"])])
            held[name_of(one["name"])] = f"{one['name']}=={one['version']}"
        # Nothing is asked of pip: it need not look at all that is there.
        items = self.pip.solve(self.wanted, dists, list(held.values())) if self.wanted else []
        linked = {name_of(one["name"]) for one in link}
        items = [item for item in items if normal(item["name"]) not in linked]
        needed = self.needed(dists)
        self.plan = {
            "extensions": sorted(extension_files(ENVIRONMENT)),
            "specs": specs,
            "link": link,
            "items": items,
            "gone": sorted(set(self.state["ours"]) & set(dists) - needed - linked),
            "fromPip": sorted(name for name in linked & set(dists) if dists[name]["by"] == "pip"),
            "had": sorted(dists),
        }
        self.show(dists)
        self.room()
        save(os.path.join(self.folder, "plan.json"), self.plan)

    def conda_takes(self, one, dist):
        return Problem(
            "conda would replace a package that TLJH or pip holds; nothing was changed",
            f"{dist['name']} {dist['version']} by conda's {one['version']}",
            "packages that leave JupyterHub and JupyterLab as they are",
            f"the same by pip: npm run package -- add {name_of(self.request['conda'][-1])}",
        )

    def nothing(self):
        return not any(self.plan[key] for key in ("link", "items", "gone"))

    def show(self, dists):
        """What will be done, and what of it is about packages that people may be using."""
        plan, changes = self.plan, []
        for kind, items in (("conda", plan["link"]), ("pip", plan["items"])):
            new = []
            for one in items:
                old = dists.get(normal(one["name"]))
                if old is None:
                    new.append(f"{one['name']} {one['version']}")
                elif old["version"] != one["version"]:
                    changes.append(f"{one['name']} {old['version']} -> {one['version']}")
            if new:
                say(f"{kind}: new {len(new)}: {', '.join(new)}")
        if changes:
            say(f"Changes what is there: {', '.join(changes)}")
        if plan["gone"]:
            say(f"Nobody asks for it any more: {', '.join(plan['gone'])}")
        people = len(servers()) if changes or plan["gone"] else 0
        if people and changes and self.request.get("refuseChanges"):
            raise Problem(
                "Packages that people may be using would change under them; nothing was changed",
                f"{', '.join(changes)[:600]}; {people} servers run",
                "new packages only, while servers run; or that people restart their kernels",
                "the same command with --change",
            )
        if people:
            say(f"{people} servers run: their kernels keep the old until they are restarted")
        if self.nothing():
            say("Nothing to install")

    def room(self):
        plan = self.plan
        if not plan["link"] and not plan["items"]:
            return
        load_mib = sum(one["size"] for one in plan["link"]) / 2**20 + download_mib(plan["items"])
        plan["downloadMiB"] = round(load_mib, 1)
        self.need(int(load_mib * TIMES))

    def need(self, mib):
        free = shutil.disk_usage(ENVIRONMENT).free // 2**20
        if free >= mib + RESERVE:
            return
        disk = shutil.disk_usage(ENVIRONMENT).total // 2**30
        raise Problem(
            "There is too little room on the disk for the packages; nothing was changed",
            f"{free} MiB are free on /",
            f"{mib + RESERVE} MiB or more",
            f"pulumi config set diskGiB {disk + 20}, then pulumi up, then on the server, when nobody "
            "works: sudo reboot; or delete something on the server",
        )

    # ---- Doing it -----------------------------------------------------------------------------

    def apply(self):
        plan = self.plan
        files = []
        # conda may bring another numpy than was thought: pip's part is worked out again then.
        if plan["items"] and not plan["link"]:
            files = self.fetch()
        # What was wrong before is nobody's fault now.
        plan["complaints"] = sorted(self.pip.complaints())
        self.snapshot.keep()
        if plan["gone"]:
            self.pip.take_out(plan["gone"])
        if plan["link"]:
            if plan["fromPip"]:
                self.pip.take_out(plan["fromPip"])
            say(f"conda installs {len(plan['link'])} packages")
            self.conda.put_in(plan["link"])
            dists = self.look()["dists"]
            held = list(self.held(dists).values())
            plan["items"] = self.pip.solve(self.wanted, dists, held) if self.wanted else []
            if plan["items"]:
                files = self.fetch()
        if plan["items"]:
            say(f"pip installs {len(plan['items'])} packages")
            self.pip.put_in(plan["items"])
            self.pip.compile(files)
        save(os.path.join(self.folder, "plan.json"), plan)

    def fetch(self):
        say(f"Downloading {len(self.plan['items'])} packages")
        files = self.pip.fetch(self.plan["items"])
        self.need(unpacked_mib(files))
        return files

    def prove(self):
        started = time.monotonic()
        seen = self.look()
        wanted = {name: seen["imports"].get(name, []) for name in self.asked(seen["dists"])}
        plan = self.plan
        new = prove(ENVIRONMENT, wanted, self.pip, set(plan["complaints"]), plan["extensions"])
        if new:
            say(f"JupyterLab's new extensions: {', '.join(new)}")
        many = sum(1 for names in wanted.values() if names)
        say(
            f"Proved in {time.monotonic() - started:.0f} s: {many} imports, pip check, "
            "JupyterLab with a kernel"
        )

    def asked(self, dists):
        return [name_of(one) for one in self.wanted + self.request.get("conda", []) if name_of(one) in dists]

    def finish(self):
        seen = self.look()
        dists, plan, state = seen["dists"], self.plan, self.state
        new = {normal(one["name"]) for one in plan.get("items", [])}
        had = set(plan.get("had", []))
        state["ours"] = sorted((set(state["ours"]) | (new - had)) & set(dists))
        linked = ["=".join((it["name"], it["version"], it["build"])) for it in plan.get("link", [])]
        state["conda"] = sorted((set(state["conda"]) | set(linked)) & set(seen["conda"]))
        state["condaSpecs"] = self.request.get("conda", [])
        save(STATE, state)
        self.snapshot.forget()
        lines = [f"#conda: {one}" for one in state["conda"]]
        lines += [dist["line"] for _, dist in sorted(dists.items()) if dist["by"] == "pip"]
        while lines:
            count = 1
            while count < len(lines) and len(json.dumps(lines[: count + 1])) < LINE:
                count += 1
            say(f"lock: {json.dumps(lines[:count])}")
            lines = lines[count:]
        asked = [f"{dists[name]['name']} {dists[name]['version']}" for name in self.asked(dists)]
        say(f"There: {', '.join(asked) or 'nothing beside what TLJH brings'}")

    def put_back(self):
        if self.snapshot.is_kept():
            say("Putting the environment back as it was")
            self.snapshot.put_back()


def servers():
    """Units of people's servers that run now."""
    _, out, _ = run(
        *("systemctl", "list-units", "--no-legend", "--plain", "--state=active", "jupyter-*.service")
    )
    return out.split("\n")[:-1]


def main(word, folder):
    packages = None
    try:
        packages = Packages(folder)
        getattr(packages, word.replace("-", "_"))()
    except Problem as problem:
        if packages and word != "solve":
            packages.put_back()
        print(problem.text(load(os.path.join(folder, "request.json"), {}).get("stack")), file=sys.stderr)
        return 1
    except Exception:
        if packages and word != "solve":
            packages.put_back()
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
