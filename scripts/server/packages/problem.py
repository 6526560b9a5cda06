"""What a person is told when something is wrong, and the commands that programs here run."""

import difflib
import os
import re
import subprocess

# Nothing of the caller's environment: PIP_* and PYTHON* of it would steer pip and Python.
KEPT = {name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "no_proxy")}


class Problem(Exception):
    """In the four parts that all errors of this project have."""

    def __init__(self, wrong, received, allowed, mend):
        super().__init__(wrong)
        self.parts = (wrong, received, allowed, mend)

    def text(self, stack):
        wrong, received, allowed, mend = self.parts
        if stack:
            mend = re.sub(r"\bpulumi (config|up)\b", rf"pulumi \1 --stack {stack}", mend)
            mend = re.sub(r"(npm run [^;,]+)", rf"\1 --stack {stack}", mend)
        return f"{wrong}\n  received: {received}\n  allowed:  {allowed}\n  mend:     {mend}"


def run(*command, env=None, seconds=1800):
    """Exit status, standard output, standard error. 124: it took too long."""
    whole = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
    whole.update({name: os.environ[name] for name in KEPT})
    whole.update(env or {})
    try:
        ran = subprocess.run(
            command,
            env=whole,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stderr or b""
        return 124, "", said.decode(errors="replace") if isinstance(said, bytes) else said
    return ran.returncode, ran.stdout, ran.stderr


def last_lines(text, count=3, most=300):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " · ".join(lines[-count:])[-most:] or "nothing"


def nearest(name, known):
    """The known name that a misspelt one is most like, or nothing."""
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return found[0] if found else None


def normal(name):
    """One spelling for all of flopy, Flopy and FloPy (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(spec):
    """Normal name of the package that a requirement such as `flopy[optional]>=3.9` is about."""
    found = re.match(r"\s*(?:[\w.-]+::)?([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)", spec)
    return normal(found[1]) if found else ""


def extras_of(spec):
    found = re.match(r"\s*[\w.-]+\s*\[([^\]]*)\]", spec)
    return sorted(normal(one.strip()) for one in found[1].split(",")) if found else []
