"""The machine: disks, memory, load, services, updates, clock, SSH, home folders."""

import glob
import json
import os
import re
import time

import programs

# Message of systemd when the kernel has killed a process of a unit for want of memory (sd-messages.h).
OUT_OF_MEMORY = "fe6faa94e7774663a0da52717891d8ef"
# For a look at how the processors are used, in seconds.
SAMPLE = 0.5
SERVICES = ("jupyterhub", "traefik", "workshop-data", "workshop-block-metadata")


def run(*command, limit=6):
    """Standard output; what fails prints nothing."""
    return programs.finished(*command, limit=limit).stdout


def _disk(path):
    """Bytes and inodes, as those who are not root have them."""
    seen = os.statvfs(path)
    return {
        "bytes": seen.f_blocks * seen.f_frsize,
        "free": seen.f_bavail * seen.f_frsize,
        "reserved": (seen.f_bfree - seen.f_bavail) * seen.f_frsize,
        "inodes": seen.f_files,
        "freeInodes": seen.f_favail,
        "device": os.stat(path).st_dev,
    }


def disks():
    return {"root": _disk("/"), "data": _disk("/home")}


def memory():
    with open("/proc/meminfo", encoding="ascii") as file:
        lines = dict(re.findall(r"^(\w+):\s+(\d+) kB$", file.read(), re.MULTILINE))
    total, free = (int(lines[key]) * 1024 for key in ("MemTotal", "MemAvailable"))
    # In the rehearsal the machine has less than the kernel tells.
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            limit = int(file.read())
        with open("/sys/fs/cgroup/memory.stat", encoding="ascii") as file:
            stat = dict(line.split() for line in file)
        reclaimable = sum(int(stat[key]) for key in ("inactive_file", "active_file", "slab_reclaimable"))
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as file:
            used = int(file.read()) - reclaimable
        total, free = min(total, limit), min(free, max(0, limit - used))
    except (OSError, ValueError, KeyError):
        pass
    killed = []
    printed = run("journalctl", "--since=-24h", "-o", "json", "-n", "50", f"MESSAGE_ID={OUT_OF_MEMORY}")
    for line in printed.splitlines():
        entry = json.loads(line)
        killed.append({"unit": entry.get("UNIT", "?"), "when": int(entry["__REALTIME_TIMESTAMP"]) // 1_000_000})
    return {"bytes": total, "free": free, "killed": killed, "died": _died()}


def _died():
    """Notebooks' kernels that ended without being told to, as participants' servers log it."""
    pattern = "--grep=KernelRestarter: restarting kernel"
    found = []
    for line in run("journalctl", "--since=-24h", "-o", "json", "--no-pager", pattern).splitlines():
        entry = json.loads(line)
        unit = entry.get("_SYSTEMD_UNIT", "")
        if unit.startswith("jupyter-"):
            name = unit[len("jupyter-") :].removesuffix(".service")
            found.append({"name": name, "when": int(entry["__REALTIME_TIMESTAMP"]) // 1_000_000})
    return found[-20:]


def _processors():
    with open("/proc/stat", encoding="ascii") as file:
        # user nice system idle iowait irq softirq steal; guests are in user already.
        return [int(value) for value in file.readline().split()[1:9]]


def load():
    before = _processors()
    time.sleep(SAMPLE)
    used = [after - old for after, old in zip(_processors(), before)]
    whole = sum(used) or 1
    one, five, _ = os.getloadavg()
    with open("/proc/uptime", encoding="ascii") as file:
        uptime = float(file.read().split()[0])
    return {
        "one": one,
        "five": five,
        "processors": os.cpu_count(),
        "idle": used[3] / whole,
        "steal": used[7] / whole,
        "uptime": uptime,
    }


def units():
    """What has failed, and what should run and does not."""
    printed = run("systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager")
    failed = [line.split()[0] for line in printed.splitlines() if line.strip()]
    off = [
        name
        for name in SERVICES
        if run("systemctl", "is-active", name).strip() not in ("active", "activating", "reloading")
    ]
    return {"failed": failed, "off": off}


def reboot():
    is_asked = os.path.exists("/run/reboot-required")
    packages = []
    if is_asked and os.path.exists("/run/reboot-required.pkgs"):
        with open("/run/reboot-required.pkgs", encoding="utf-8", errors="replace") as file:
            packages = sorted(set(file.read().split()))
    return {"asked": is_asked, "packages": packages}


def updates():
    """When security updates were last looked for and installed; before the first time, when all was."""
    stamps = [
        "/var/lib/apt/periodic/unattended-upgrades-stamp",
        "/var/lib/apt/periodic/upgrade-stamp",
        "/var/lib/workshop/tljh-installed",
    ]
    times = [os.path.getmtime(stamp) for stamp in stamps if os.path.exists(stamp)]
    timer = run("systemctl", "is-active", "apt-daily-upgrade.timer").strip()
    return {"last": max(times, default=0), "timer": timer}


def clock():
    told = run("timedatectl", "show", "--property=NTPSynchronized", "--value").strip()
    return {"now": time.time(), "synchronized": told == "yes"}


def sshd():
    """What the SSH server does, not what one of its files says."""
    printed = run("sshd", "-T", "-C", "user=ubuntu,host=elsewhere,addr=203.0.113.1,laddr=203.0.113.2,lport=22")
    known = {}
    for line in printed.splitlines():
        key, _, value = line.partition(" ")
        known.setdefault(key, []).append(value)
    said = programs.finished("sshd", "-t", limit=5)
    return {
        "ports": sorted(int(port) for port in known.get("port", [])),
        "passwords": "yes" in known.get("passwordauthentication", []),
        "root": "yes" in known.get("permitrootlogin", []),
        "wrong": said.stderr.strip()[:300] if said.returncode else "",
    }


def homes():
    """Participants' folders with their bytes; those that could not be measured in time are missing."""
    folders = sorted(glob.glob("/home/jupyter-*"))
    try:
        with open("/run/workshop-homes.json", encoding="utf-8") as file:
            guard = json.load(file)
    except (OSError, ValueError):
        guard = {"limit": None, "held": []}
    kept = {"limit": guard["limit"], "held": guard["held"]}
    if not folders:
        return {"count": 0, "measured": [], **kept}
    # Prints each when it is measured.
    du = ("timeout", "6", "nice", "du", "-sx", "--block-size=1", "--", *folders)
    child = programs.finished(*du, limit=None)
    measured = []
    for line in child.stdout.splitlines():
        size, _, folder = line.partition("\t")
        measured.append({"name": os.path.basename(folder)[len("jupyter-") :], "bytes": int(size)})
    measured.sort(key=lambda one: -one["bytes"])
    return {"count": len(folders), "measured": measured, **kept}
