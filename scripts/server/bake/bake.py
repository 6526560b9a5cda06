"""Copies this machine's system to a blank volume, without the workshop: see ../bake.sh.

    bake.py workshop-bake DEVICE     secrets that must not be in it, each with a NUL behind it, come by
                                     standard input; in a mount namespace of its own
"""

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from accounts import write_accounts  # noqa: E402
from keep import is_kept  # noqa: E402
from layout import Layout, NotThisWay  # noqa: E402
from search import SHORTEST, machines_own, search  # noqa: E402

AGAIN = os.environ.get("AGAIN", "npm run bake")
WAIT_SECONDS = 900
# dpkg's own lock, and the one that apt takes around it.
LOCKS = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]
# Where a package keeps a new machine's files for root.
SKELETON = "/usr/share/base-files/dot."


def say(text):
    print(text, flush=True)


def hold_packages():
    """Nobody installs packages meanwhile: they wait for us, as we do for them. Held until the end."""
    held = []
    end = time.monotonic() + WAIT_SECONDS
    for path in LOCKS:
        file = open(path, "a", encoding="ascii")
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end:
                    raise NotThisWay(
                        "Another program is installing packages on the server, and does not end",
                        path,
                        "it ends within 15 minutes",
                        f"{AGAIN}, in some minutes",
                    ) from None
                say("Waiting for another package installation to end")
                time.sleep(5)
        held.append(file)
    return held


def kept_paths(root):
    """Paths of all that belongs into the image, of one file system, each folder before what is in it."""
    device = os.stat(root).st_dev
    yield "."
    for folder, folders, files in os.walk(root):
        inside = os.path.relpath(folder, root)
        for name in list(folders):
            path = os.path.normpath(f"{inside}/{name}")
            full = os.lstat(f"{folder}/{name}")
            is_folder = stat.S_ISDIR(full.st_mode)
            if full.st_dev != device or not is_kept(path, is_folder):
                folders.remove(name)
            else:
                yield path
        for name in files:
            path = os.path.normpath(f"{inside}/{name}")
            mode = os.lstat(f"{folder}/{name}").st_mode
            if is_kept(path, False) and not stat.S_ISSOCK(mode):
                yield path


def copy(live, image):
    as_it_is = ["--numeric-owner", "--acls", "--xattrs", "--xattrs-include=*"]
    named = ["--null", "--no-recursion", "--files-from=-"]
    busy = ["--ignore-failed-read", "--warning=no-file-changed"]
    # What they say goes to files: a pipe that nobody reads yet would stop them.
    said = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
    reader = subprocess.Popen(
        ["tar", "--create", "--file=-", "--directory", live, *named, *as_it_is, *busy],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said[0],
    )
    writer = subprocess.Popen(
        ["tar", "--extract", "--file=-", "--directory", image, "--preserve-permissions", *as_it_is],
        stdin=reader.stdout,
        stderr=said[1],
    )
    reader.stdout.close()
    try:
        for path in kept_paths(live):
            reader.stdin.write(os.fsencode(path) + b"\0")
        reader.stdin.close()
    except BrokenPipeError:
        # It has ended before its time, and said why.
        pass
    # 1: a file has changed while it was read, as files of a machine that runs do.
    if writer.wait() != 0 or reader.wait() not in (0, 1):
        words = ""
        for file in said:
            file.seek(0)
            words += file.read().decode(errors="replace").strip()[-300:]
        raise NotThisWay("The system could not be copied", words, "tar succeeds", AGAIN)


def put(path, text, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def like_new(image):
    """What a machine finds at its first start."""
    # Empty: it makes its own.
    put(f"{image}/etc/machine-id", "", 0o444)
    put(f"{image}/etc/hostname", "localhost\n")
    for name in ["bashrc", "profile"]:
        if os.path.exists(SKELETON + name):
            with open(SKELETON + name, encoding="utf-8") as file:
                put(f"{image}/root/.{name}", file.read())
    snapd_like_new(f"{image}/var/lib/snapd/state.json")


def snapd_like_new(path):
    """snapd asks for a name of its own again; its key, which is left out, is made anew."""
    try:
        with open(path, encoding="utf-8") as file:
            state = json.load(file)
    except (OSError, ValueError):
        return
    auth = state.get("data", {}).get("auth", {})
    auth.pop("users", None)
    for key in ["key-id", "serial", "session-macaroon"]:
        auth.get("device", {}).pop(key, None)
    put(path, json.dumps(state), 0o600)


def without_names(image, people):
    """Rules for sudo of persons who are not there."""
    folder = f"{image}/etc/sudoers.d"
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        with open(f"{folder}/{name}", encoding="utf-8", errors="replace") as file:
            if set(file.read().split()) & set(people):
                os.unlink(f"{folder}/{name}")


def said_by(program, code):
    ran = subprocess.run([program, "-I", "-c", code], capture_output=True, text=True, check=False)
    return ran.stdout.strip()


def facts(image):
    version = "import importlib.metadata; print(importlib.metadata.version('jupyterlab'))"
    used = os.statvfs(image)
    try:
        with open("/var/lib/workshop/packages.json", encoding="utf-8") as file:
            known = json.load(file)
    except (OSError, ValueError):
        known = {}
    try:
        with open("/var/lib/workshop/tljh-installed", encoding="utf-8") as file:
            installed = file.read()
    except OSError:
        installed = ""
    return {
        "tljh": installed.split(" ")[0].strip(),
        "lab": said_by("/opt/tljh/user/bin/python3", version),
        "packages": len(known.get("ours", [])) + len(known.get("conda", [])),
        "usedGiB": round((used.f_blocks - used.f_bfree) * used.f_frsize / 2**30, 2),
    }


def bake(device, secrets):
    layout = Layout()
    live, image = "/run/workshop-bake-live", "/run/workshop-bake-image"
    try:
        say("Making the image's file system")
        layout.make(device)
        for folder in [live, image]:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        # What lies below home folders and other mounts too, and nothing that is mounted.
        subprocess.run(["mount", "--bind", "/", live], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", live], check=True)
        layout.mount(device, image)
        held = hold_packages()
        say("Copying system, hub and packages; the machine goes on meanwhile")
        copy(live, image)
        people = write_accounts(live, image)
        like_new(image)
        without_names(image, people)
        told = facts(image)
        for file in held:
            file.close()
        say("Looking through the copy for secrets and names")
        own = {text: "a secret of the stack" for text in secrets if len(text) >= SHORTEST}
        found = search(image, {**machines_own(), **own}, people)
        if found:
            path, what = found[0]
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            raise NotThisWay(
                "The copy has in it what an image must not have; there is no image",
                f"{what} in /{path}{more}: {', '.join(f'/{one}' for one, _ in found[:5])}",
                "no secret, key or name outside /home, /root, /srv and /tmp, which are left out",
                f"on the server, put the file into /root, or remove it; then {AGAIN}",
            )
        os.sync()
        subprocess.run(["umount", image], check=True)
        layout.check(device)
        layout.boot(device)
        say(f"facts {json.dumps(told)}")
    finally:
        layout.forget()


def give_up(*_):
    # Once is enough: what clears up is not to be interrupted.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main():
    _, _, device = sys.argv
    signal.signal(signal.SIGTERM, give_up)
    with open(os.environ["PID_FILE"], "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    secrets = [text for text in sys.stdin.read().split("\0") if text]
    try:
        bake(os.path.realpath(device), secrets)
    except NotThisWay as why:
        wrong, received, allowed, mend = why.args
        print(f"{wrong}\n  received: {received}\n  allowed:  {allowed}\n  mend:     {mend}", file=sys.stderr)
        sys.exit(1)
    except subprocess.CalledProcessError as error:
        words = ((error.stderr or "") if isinstance(error.stderr, str) else "").strip()
        print(
            "The image's volume could not be filled\n"
            f"  received: {error.cmd[0]}: status {error.returncode}: {words[-400:]}\n"
            f"  allowed:  it succeeds\n  mend:     {AGAIN}",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
