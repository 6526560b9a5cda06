#!/opt/tljh/user/bin/python3
"""What is in the user environment. Run by that environment's own Python; prints JSON.

    sudo /opt/tljh/user/bin/python3 -I environment.py flopy geopandas

python   its version
dists    normal name to name, version, by (conda or pip), line (as in a requirements file), needs:
         for each extra ("" is none) the distributions that it needs here, each [normal name, extras]
imports  of each distribution named on the command line: the names by which notebooks import it
conda    each conda package as NAME=VERSION=BUILD
"""

import glob
import json
import os
import platform
import re
import sys
from importlib import metadata

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement

# Whatever else is in a distribution's top folder: nobody imports that in a notebook.
ASIDE = {"test", "tests", "testing", "docs", "doc", "example", "examples", "benchmarks", "scripts"}


def normal(name):
    """One spelling for all of flopy, Flopy and FloPy (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def of_conda():
    """The folders of metadata that conda has put into site-packages."""
    folders = set()
    for path in glob.glob(f"{sys.prefix}/conda-meta/*.json"):
        with open(path, encoding="utf-8") as file:
            folders |= set(re.findall(r'site-packages/([^/"]+\.(?:dist|egg)-info)', file.read()))
    return folders


def conda_packages():
    names = (os.path.basename(path)[:-5] for path in glob.glob(f"{sys.prefix}/conda-meta/*.json"))
    return sorted("=".join(name.rsplit("-", 2)) for name in names if name.count("-") >= 2)


def line_of(dist):
    """How pip gets exactly this one again."""
    text = dist.read_text("direct_url.json")
    if text is None:
        return f"{dist.name}=={dist.version}"
    origin = json.loads(text)
    url = origin["url"]
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"{dist.name} @ {url}"


def needs(dist):
    found = {}
    for text in dist.requires or []:
        try:
            one = Requirement(text)
        except InvalidRequirement:
            continue
        for extra in ["", *(dist.metadata.get_all("Provides-Extra") or [])]:
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                found.setdefault(extra, []).append([normal(one.name), sorted(one.extras)])
    return found


def imports(dist):
    """The name that is the distribution's own, else all that it brings: pillow brings PIL."""
    found = set()
    for file in dist.files or []:
        first = file.parts[0]
        if len(file.parts) == 1 and (first.endswith(".py") or ".so" in first):
            found.add(first.split(".")[0])
        elif len(file.parts) == 2 and file.parts[1] == "__init__.py":
            found.add(first)
    if not found:
        # A part of a namespace: google/cloud/storage/__init__.py
        inside = [file for file in dist.files or [] if file.name == "__init__.py"]
        shortest = min((len(file.parts) for file in inside), default=0)
        found = {".".join(file.parts[:-1]) for file in inside if len(file.parts) == shortest}
    public = {
        name
        for name in found
        if all(part.isidentifier() for part in name.split("."))
        and not name.startswith("_")
        and name not in ASIDE
    }
    own = {name for name in public if normal(name) == normal(dist.name)}
    return sorted(own or public)


def main(wanted):
    conda = of_conda()
    dists, names = {}, {}
    for dist in metadata.distributions():
        # A half of a distribution, left by something that was interrupted, has no name.
        if not dist.name or normal(dist.name) in dists:
            continue
        folder = os.path.basename(str(getattr(dist, "_path", "")))
        by_conda = folder in conda or (dist.read_text("INSTALLER") or "").strip() == "conda"
        dists[normal(dist.name)] = {
            "name": dist.name,
            "version": dist.version,
            "by": "conda" if by_conda else "pip",
            "line": line_of(dist),
            "needs": needs(dist),
        }
        if normal(dist.name) in wanted:
            names[normal(dist.name)] = imports(dist)
    print(
        json.dumps(
            {
                "python": platform.python_version(),
                "dists": dists,
                "imports": names,
                "conda": conda_packages(),
            }
        )
    )


if __name__ == "__main__":
    main({normal(name) for name in sys.argv[1:]})
