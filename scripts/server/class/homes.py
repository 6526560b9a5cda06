#!/usr/bin/python3
"""No participant fills the disk of all: who has more than a share may write small files only.

Runs as root all the time (workshop-homes.service). Linux' own quotas would need a module that the
kernels of AWS do not bring. So it looks how full the disks are, every few seconds, and measures the
homes when somebody could have got beyond the limit since. A home beyond it: what its owner deleted in
JupyterLab goes for good, a file in the home says what is the matter, and no process of its owner may
make a file larger than `small` bytes, until the home is below the limit again. Kernels go on, notebooks
can be saved, files deleted. Everybody's single file is held to the limit from the start, which ends
the program that runs away with one file before it is measured.

Administrators have no limit. Settings: /etc/workshop/homes.json, see scripts/server/class.sh.

--free   takes all limits away, once
"""

import glob
import grp
import json
import os
import pwd
import re
import resource
import shutil
import sys
import time

SETTINGS = "/etc/workshop/homes.json"
# For the doctor: who is held.
STATE = "/run/workshop-homes.json"
NOTE = "THIS-FOLDER-IS-TOO-LARGE.txt"
PREFIX = "jupyter-"
ADMINS = "jupyterhub-admins"
# Measured at least so often, whatever the disks say.
AT_LEAST_SECONDS = 600
LARGEST = 5


def people():
    """Unix users of participants by home folder."""
    try:
        admins = set(grp.getgrnam(ADMINS).gr_mem)
    except KeyError:
        admins = set()
    return {
        user.pw_dir: user
        for user in pwd.getpwall()
        if user.pw_name.startswith(PREFIX)
        and user.pw_name not in admins
        and os.path.dirname(user.pw_dir) == "/home"
    }


def measure(folders):
    """Bytes on the disk of all in the folders, and the largest files."""
    total, largest, seen = 0, [], set()
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    try:
                        about = entry.stat(follow_symlinks=False)
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                    except OSError:
                        continue
                    if about.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                        if (about.st_dev, about.st_ino) in seen:
                            continue
                        seen.add((about.st_dev, about.st_ino))
                    size = about.st_blocks * 512
                    total += size
                    largest.append((size, entry.path))
                    if len(largest) > 200:
                        largest = sorted(largest, reverse=True)[:LARGEST]
        except OSError:
            continue
    return total, sorted(largest, reverse=True)[:LARGEST]


def folders_of(home):
    """The home, and the temporary files of the server's own."""
    unit = os.path.basename(home)
    private = f"systemd-private-*-{glob.escape(unit)}.service-*"
    return [home, *glob.glob(f"/tmp/{private}"), *glob.glob(f"/var/tmp/{private}")]


FILE_SIZE = re.compile(r"^Max file size\s+(\w+)", re.MULTILINE)


def _others(uid, most):
    """Processes of this user that may make files of another size."""
    wanted = "unlimited" if most == resource.RLIM_INFINITY else str(most)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}").st_uid != uid:
                continue
            with open(f"/proc/{pid}/limits", encoding="ascii") as file:
                if FILE_SIZE.search(file.read()).group(1) != wanted:
                    yield int(pid)
        except (OSError, AttributeError):
            continue


def hold(user, most):
    """The largest file that this user's processes may make, and those that they start from now on.

    The soft limit, as the user: in a container root itself may not. Who takes it away by hand has it
    again at the next look.
    """
    pids = list(_others(user.pw_uid, most))
    if not pids:
        return

    def limit():
        for pid in pids:
            try:
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
            except (OSError, ValueError):
                continue

    as_user(user, limit)


def as_user(user, does):
    """Runs a function as the user: what lies in a home is its owner's, and could lead anywhere."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            does()
        except Exception:  # noqa: BLE001 - a full disk, or a folder in the file's place
            pass
        os._exit(0)
    os.waitpid(child, 0)


def size(number):
    return f"{number / 1024**3:.2f} GiB" if number >= 1024**3 / 10 else f"{number / 1024**2:.0f} MiB"


def note_text(used, limit, small, largest):
    lines = [
        f"Your folder has {size(used)}, and may have {size(limit)}.",
        "",
        f"Until it is smaller, files of more than {size(small)} cannot be written: programs end with",
        '"File too large". Small files, such as notebooks, can still be saved.',
        "",
        "The largest of your files:",
        *(f"  {size(bytes_)}  {path}" for bytes_, path in largest),
        "",
        "Delete what you do not need: in JupyterLab's list of files, or with rm in a terminal.",
        "This file goes by itself some seconds later. If you need more room, ask your instructor.",
    ]
    return "\n".join(lines) + "\n"


class Guard:
    def __init__(self, settings):
        self.limit = settings["bytes"]
        self.small = min(settings["small"], self.limit)
        self.seconds = settings["seconds"]
        self.used = {}
        self.held = set()
        self.measured = 0
        self.on_disks = None

    def disks(self):
        """Bytes in use where participants can write."""
        seen = {}
        for path in ("/home", "/tmp", "/var/tmp"):
            about = os.statvfs(path)
            seen[os.stat(path).st_dev] = (about.f_blocks - about.f_bfree) * about.f_frsize
        return sum(seen.values())

    def is_due(self):
        """Whether somebody could be beyond the limit: nobody grows by more than the disks do."""
        now = time.monotonic()
        if self.held or self.on_disks is None or now - self.measured > AT_LEAST_SECONDS:
            return True
        grown = self.disks() - self.on_disks
        return grown > 0 and max(self.used.values(), default=0) + grown > self.limit

    def look(self):
        known = people()
        if self.is_due():
            self.on_disks = self.disks()
            self.measured = time.monotonic()
            self.used = {}
            for home, user in known.items():
                self.used[home], largest = measure(folders_of(home))
                if self.used[home] > self.limit:
                    self.too_large(home, user, largest)
                elif home in self.held:
                    self.is_well(home, user)
            self.held &= set(known)
            self.tell()
        for home, user in known.items():
            hold(user, self.small if home in self.held else self.limit)

    def too_large(self, home, user, largest):
        is_new = home not in self.held
        self.held.add(home)
        hold(user, self.small)
        trash = os.path.join(home, ".local/share/Trash")
        if os.path.isdir(trash):
            as_user(user, lambda: shutil.rmtree(trash))
        text = note_text(self.used[home], self.limit, self.small, largest)
        note = os.path.join(home, NOTE)

        def write():
            # Never through a link, and never half of it.
            part = f"{note}.part"
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
                file.write(text)
            os.replace(part, note)

        as_user(user, write)
        if is_new:
            name = user.pw_name[len(PREFIX) :]
            print(f"{name} has {size(self.used[home])} of {size(self.limit)}: small files only", flush=True)

    def is_well(self, home, user):
        self.held.discard(home)
        hold(user, self.limit)
        as_user(user, lambda: os.remove(os.path.join(home, NOTE)))
        print(f"{user.pw_name[len(PREFIX):]} is below the limit again", flush=True)

    def tell(self):
        """Who is held, with what everybody has."""
        name = lambda home: os.path.basename(home)[len(PREFIX) :]  # noqa: E731
        state = {
            "limit": self.limit,
            "held": sorted(name(home) for home in self.held),
            "used": {name(home): used for home, used in self.used.items()},
        }
        with open(f"{STATE}.part", "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.chmod(f"{STATE}.part", 0o600)
        os.replace(f"{STATE}.part", STATE)


def free_all():
    for home, user in people().items():
        hold(user, resource.RLIM_INFINITY)
        note = os.path.join(home, NOTE)
        as_user(user, lambda path=note: os.remove(path))


def main():
    if sys.argv[1:] == ["--free"]:
        free_all()
        return
    with open(SETTINGS, encoding="utf-8") as file:
        guard = Guard(json.load(file))
    while True:
        guard.look()
        time.sleep(guard.seconds)


if __name__ == "__main__":
    main()
