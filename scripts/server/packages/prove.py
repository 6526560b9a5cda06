"""Whether people can still work in the environment: imports, extensions, a server with a kernel.

All of it is done as nobody, in a folder that is removed, as a participant's own server would do it.
"""

import concurrent.futures
import glob
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from problem import Problem, last_lines

SERVER_SECONDS = 120
IMPORT_SECONDS = 300
TOKEN = "workshop"
# Another one only where the environment lies in a folder that nobody may open.
NOBODY = os.environ.get("WORKSHOP_NOBODY", "nobody")
# One after the other in one process; which one it is at is known when the process dies.
IMPORTS = """
import importlib, json, sys, traceback
for dist, names in json.loads(sys.argv[1]).items():
    failed = {}
    for name in names:
        print("at", dist, name, flush=True)
        try:
            # A folder that nobody may read is taken for an empty package.
            if getattr(importlib.import_module(name), "__file__", None) is None:
                raise ImportError("its files cannot be read")
        except BaseException as error:
            failed[name] = traceback.format_exception_only(type(error), error)[-1].strip()
    if names and len(failed) == len(names):
        print("failed", json.dumps([dist, *list(failed.items())[0]]), flush=True)
print("done", flush=True)
"""

# What a participant's notebook does, by the same library that their server has for it.
KERNEL = """
from jupyter_client.manager import KernelManager
manager = KernelManager(transport="ipc")
manager.start_kernel()
client = manager.blocking_client()
client.start_channels()
client.wait_for_ready(timeout=60)
said = []
client.execute_interactive(
    "print(5 * 4)", timeout=60, output_hook=lambda it: said.append(it["content"].get("text", ""))
)
manager.shutdown_kernel(now=True)
assert "20" in "".join(said), "5 * 4 gives " + repr("".join(said))
"""


class Nobody:
    """Runs programs of an environment as the user nobody, with a home that ends with it."""

    def __init__(self, environment):
        self.environment = environment

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="workshop-proof-", dir="/tmp")
        self.account = pwd.getpwnam(NOBODY)
        os.chown(self.home, self.account.pw_uid, self.account.pw_gid)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, program, *arguments, **options):
        places = f"{self.environment}/bin:/usr/local/bin:/usr/bin:/bin"
        env = {"HOME": self.home, "TMPDIR": self.home, "PATH": places, "LC_ALL": "C.UTF-8"}
        me = os.geteuid() == 0
        return subprocess.Popen(
            [os.path.join(self.environment, "bin", program), *arguments],
            env={**env, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
            user=self.account.pw_uid if me else None,
            group=self.account.pw_gid if me else None,
            extra_groups=[] if me else None,
            **options,
        )


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system: no port that somebody else could have."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def page_status(path):
    """Of JupyterLab's page; None while nobody answers."""
    connection = UnixConnection(path)
    try:
        connection.request("GET", "/lab", headers={"Authorization": f"token {TOKEN}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def end(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def failed_imports(nobody, imports):
    """[distribution, name, what Python says] of each that cannot be imported."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = nobody.start("python3", "-I", "-c", IMPORTS, json.dumps(imports), **both)
    try:
        out, said = process.communicate(timeout=IMPORT_SECONDS)
    except subprocess.TimeoutExpired:
        end(process)
        out, said = process.communicate()
    lines = out.splitlines()
    failed = [json.loads(line[7:]) for line in lines if line.startswith("failed ")]
    if "done" not in lines:
        at = [line.split(" ")[1:3] for line in lines if line.startswith("at ")]
        what = last_lines(said, 1) if said.strip() else f"Python ended with {process.returncode}"
        failed.append([*(at[-1] if at else ["Python", "python3"]), what])
    return failed


def extension_files(environment):
    """JupyterLab's extensions by their own files: name and version of each."""
    found = set()
    for path in glob.glob(f"{environment}/share/jupyter/labextensions/**/package.json", recursive=True):
        try:
            with open(path, encoding="utf-8") as file:
                package = json.load(file)
            if "jupyterlab" in package:
                found.add(f"{package['name']} {package['version']}")
        except (OSError, ValueError, KeyError):
            continue
    return found


def extensions(nobody):
    """JupyterLab's extensions as it lists them: name and version to whether it takes it."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = nobody.start("jupyter-labextension", "list", **both)
    try:
        out, _ = process.communicate(timeout=SERVER_SECONDS)
    except subprocess.TimeoutExpired:
        end(process)
        return {}
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    found = re.findall(r"^\s+(@?[\w./-]+) v(\S+) (.*)$", plain, re.MULTILINE)
    return {f"{name} {version}": "OK" in state.split() for name, version, state in found}


def kernel_problem(nobody):
    """None, or what keeps a notebook from running."""
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = nobody.start("python3", "-I", "-c", KERNEL, **both)
    try:
        out, _ = process.communicate(timeout=SERVER_SECONDS)
    except subprocess.TimeoutExpired:
        end(process)
        out, _ = process.communicate()
    finally:
        end(process)
    return None if process.returncode == 0 else f"a kernel does not run: {what_it_says(out)}"


def server_problem(nobody):
    """None, or what keeps JupyterLab from starting."""
    if not os.path.exists(os.path.join(nobody.environment, "bin", "jupyter-lab")):
        return "there is no jupyter-lab any more"
    log, path = os.path.join(nobody.home, "server.log"), os.path.join(nobody.home, "s")
    with open(log, "w", encoding="utf-8") as file:
        process = nobody.start(
            *("jupyter-lab", "--no-browser", f"--ServerApp.sock={path}"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={nobody.home}"),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    status = None
    try:
        until = time.monotonic() + SERVER_SECONDS
        while status is None and time.monotonic() < until and process.poll() is None:
            time.sleep(0.1)
            status = page_status(path)
    finally:
        end(process)
    if status == 200:
        return None
    with open(log, encoding="utf-8", errors="replace") as file:
        said = what_it_says(file.read())
    return f"JupyterLab {'does not answer' if status is None else f'answers {status}'}: {said}"


def what_it_says(log):
    """The error of a traceback, else the last lines."""
    errors = re.findall(r"^\s*([A-Za-z_.]*(?:Error|Exception|NotFound)\b.*)$", log, re.MULTILINE)
    files = re.findall(r"site-packages/([\w.-]+)", log)
    culprit = f" (in {files[-1]})" if errors and files else ""
    return (errors[-1].strip()[:300] + culprit) if errors else last_lines(log, 3)


def prove(environment, imports, pip, complaints, extensions_before):
    """JupyterLab's new extensions; a Problem where people could not work as before."""
    fresh = sorted(extension_files(environment) - set(extensions_before))
    with Nobody(environment) as nobody, concurrent.futures.ThreadPoolExecutor(5) as pool:
        checking = pool.submit(pip.complaints)
        importing = pool.submit(failed_imports, nobody, imports)
        listing = pool.submit(extensions, nobody) if fresh else None
        starting = pool.submit(server_problem, nobody)
        running = pool.submit(kernel_problem, nobody)
        new = sorted(checking.result() - complaints)
        failed, listed = importing.result(), listing.result() if listing else {}
        server = starting.result() or running.result()
    back = "the environment is as it was"
    if failed:
        dist, name, said = failed[0]
        raise Problem(
            f"{dist} cannot be imported; {back}",
            f"import {name}: {said}",
            "each package that is asked for can be imported by a participant",
            f"another version of {dist}, or what it lacks: npm run package -- add '{dist}==VERSION'",
        )
    if new:
        raise Problem(
            f"Packages do not go together: {new[0].split(' ')[0]}; {back}",
            "; ".join(new)[:600],
            "pip check finds nothing new",
            "versions that all of them accept: npm run package -- add 'NAME==VERSION'",
        )
    broken = [name for name in fresh if not listed.get(name)]
    if broken:
        raise Problem(
            f"JupyterLab does not take the extension {broken[0]}; {back}",
            f"jupyter labextension list: {broken[0]} is not OK",
            "an extension that is made for this JupyterLab",
            "another version of the package that brings it",
        )
    if server:
        raise Problem(
            f"Participants' servers would not start with these packages; {back}",
            server,
            "JupyterLab and a kernel start",
            "the list of packages without the last one: npm run package -- remove NAME",
        )
    return fresh
