#!/usr/bin/python3
"""Whose servers run, and whose files nobody has saved: what would be lost with the server.

    sudo python3 leaving.py

Prints one line of JSON: {servers: [{name, since}], saved: {export, backup}, homes: [{name, files,
bytes, newest: [{path, when}]}], unread: [{name, why}]}. Times are ISO 8601, in UTC. `homes` has those
with work in them that is newer than the last export or backup.

Runs as root; what is in a home folder is looked at by work.py as its owner.

--homes DIR  takes the folders of DIR for homes and does all of it as the caller, without servers; a
             file saved.json in DIR is the record: to try it without accounts
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import unicodedata
from datetime import datetime, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = "jupyter-"
SAVED = "/opt/tljh/state/workshop-saved.json"
# For one home, which may have a million files.
SECONDS = 45
AT_ONCE = 4
LARGEST = 1_000_000


def plain(text, most=200):
    """Somebody else's text for a terminal: one line without control characters, not too long."""
    text = "".join(
        " " if one.isspace() else "?" if unicodedata.category(one)[0] == "C" else one
        for one in str(text)
    )
    return text if len(text) <= most else "…" + text[1 - most :]


def clock(seconds):
    """ISO 8601 in UTC; empty for what is no time."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, TypeError, ValueError):
        return ""


def seconds_of(text):
    """The epoch's seconds of a time in ISO 8601; None for what is no time."""
    try:
        when = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return when.replace(tzinfo=when.tzinfo or timezone.utc).timestamp()


def saved_at(file):
    """Kind of saving to when it began; nothing where nothing was saved, or the record is broken."""
    try:
        with open(file, encoding="utf-8") as record:
            found = json.load(record)
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        kind: found[kind]
        for kind in ("export", "backup")
        if seconds_of(found.get(kind)) is not None
    }


def systemctl(*arguments):
    done = subprocess.run(
        ["systemctl", *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout


def servers():
    """Participants' servers that run, in the order of their names."""
    listed = systemctl(
        "list-units", "--plain", "--no-legend", "--state=active,activating", f"{PREFIX}*.service"
    )
    found = []
    for line in listed.splitlines():
        unit = line.split()[0]
        name = unit[len(PREFIX) :].removesuffix(".service")
        since = systemctl("show", "--property=ActiveEnterTimestamp", "--timestamp=unix", unit)
        number = re.search(r"@(\d+)", since)
        found.append(
            {"name": plain(name), "since": clock(int(number[1])) if number else ""}
        )
    return sorted(found, key=lambda one: one["name"])


def homes_of(folder):
    """Name to path of the homes. Also of people whose account is gone: their files are there."""
    return {
        entry.name[len(PREFIX) :]: entry.path
        for entry in os.scandir(folder)
        if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False)
    }


def as_owner(path):
    """What runs a program as the owner of a home. By number: the account may be gone."""
    found = os.lstat(path)
    who = [f"--reuid={found.st_uid}", f"--regid={found.st_gid}", "--clear-groups", "--no-new-privs"]
    return ["nice", "setpriv", *who, "/usr/bin/python3", "-I"]


def look(path, since, command):
    """What work.py finds in one home. Raises ValueError, which says why there is no answer."""
    try:
        done = subprocess.run(
            [*command, os.path.join(HERE, "work.py")],
            input=json.dumps({"home": path, "since": since}),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={"PATH": "/opt/tljh/user/bin:/usr/bin:/bin", "HOME": path, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"not looked through within {SECONDS} s") from error
    if done.returncode != 0 or len(done.stdout) > LARGEST:
        said = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        raise ValueError(said[0])
    found = json.loads(done.stdout)
    return {
        "files": int(found["files"]),
        "bytes": int(found["bytes"]),
        "newest": [
            {"path": plain(one["path"]), "when": clock(one["when"])} for one in found["newest"][:3]
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--homes", metavar="DIR")
    options = parser.parse_args()
    saved = saved_at(os.path.join(options.homes, "saved.json") if options.homes else SAVED)
    since = max(map(seconds_of, saved.values()), default=None)
    people = homes_of(options.homes or "/home")
    found = {"servers": [] if options.homes else servers(), "saved": saved, "homes": [], "unread": []}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = {
            name: pool.submit(
                look, path, since, [sys.executable, "-I"] if options.homes else as_owner(path)
            )
            for name, path in sorted(people.items())
        }
        for name, answer in running.items():
            try:
                work = answer.result()
            except (KeyError, OSError, TypeError, ValueError) as error:
                found["unread"].append({"name": plain(name), "why": plain(error)})
                continue
            if work["files"] > 0:
                found["homes"].append({"name": plain(name), **work})
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
