"""The environment that participants share: which pip and Python they get, and what is in it."""

import glob
import json
import os
import re
import shutil

import programs

USER = "/opt/tljh/user"
# As in a participant's server.
PATH = f"{USER}/bin:/usr/local/bin:/usr/bin:/bin"
# Prints which Python it is, and which pip belongs to it; ends with what is missing for a server.
LOOK = """
import importlib.util, sys
print(sys.executable)
import pip
print(pip.__version__)
print(pip.__file__)
for name in ("ipykernel", "jupyterhub", "jupyterlab", "nbgitpuller"):
    if importlib.util.find_spec(name) is None:
        sys.exit(f"No module named {name}")
"""


def as_participant(*command, limit=7):
    return programs.as_nobody([f"PATH={PATH}", "HOME=/nonexistent"], *command, limit=limit)


def _kernel():
    """The program that a notebook's kernel is, or why there is none."""
    file = f"{USER}/share/jupyter/kernels/python3/kernel.json"
    try:
        with open(file, encoding="utf-8") as text:
            return json.load(text)["argv"][0]
    except (OSError, ValueError, KeyError, IndexError) as error:
        return f"{file}: {error}"


def environment():
    runs = as_participant("python3", "-c", LOOK)
    executable, version, place = [*runs.stdout.splitlines(), "", "", ""][:3]
    pip = shutil.which("pip", path=PATH) or ""
    # A script of pip's says in its first line which Python it installs for.
    first = ""
    if pip:
        with open(pip, encoding="utf-8", errors="replace") as file:
            first = file.readline(300).strip()
    return {
        "pip": pip,
        "pipFor": first.removeprefix("#!"),
        "pipVersion": version,
        "pipPlace": place,
        "executable": executable,
        "kernel": _kernel(),
        "wrong": "" if runs.returncode == 0 else (runs.stderr.strip().splitlines() or ["it failed"])[-1][:300],
    }


def packages():
    """How many there are, and what `pip check` says of them."""
    found = glob.glob(f"{USER}/lib/python3*/site-packages/*.dist-info")
    check = as_participant(f"{USER}/bin/python3", "-m", "pip", "check")
    lines = [] if check.returncode == 0 else (check.stdout or check.stderr).strip().splitlines()
    return {"count": len(found), "broken": [line[:200] for line in lines[:5]], "log": os.path.exists("/opt/tljh/installer.log")}


def _versions(folder):
    """Packages in a folder of Python's, by their names as pip compares them, with their versions."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return {}
    # Whatever else stands in somebody's folder is not shown to a terminal.
    found = [re.fullmatch(r"([\w.]{1,80})-([\w.+!]{1,40})\.dist-info", one, re.ASCII) for one in entries]
    return {re.sub(r"[-_.]+", "-", it[1]).lower(): it[2] for it in found if it}


def own_packages():
    """Who has installed in the home what all have, in another version: theirs comes first in a notebook."""
    people = []
    for shared in glob.glob(f"{USER}/lib/python3*/site-packages"):
        common = _versions(shared)
        python = os.path.basename(os.path.dirname(shared))
        for folder in sorted(glob.glob(f"/home/jupyter-*/.local/lib/{python}/site-packages")):
            differing = [
                {"package": name, "own": version, "shared": common[name]}
                for name, version in sorted(_versions(folder).items())
                if name in common and common[name] != version
            ]
            if differing:
                name = folder.split("/")[2].removeprefix("jupyter-")
                people.append({"name": name, "folder": folder, "packages": differing})
    return {"people": people}
