#!/usr/bin/python3
"""What the server tells of itself: one line of JSON, a key for each thing that is looked at.

    sudo /usr/bin/python3 -I doctor.py SECONDS [REPOSITORY…]

All is looked at side by side, for SECONDS at most. What fails, or has not answered by then, is
{"error": "…"}: one thing that hangs hides no other.
"""

import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import course  # noqa: E402
import hub  # noqa: E402
import journal  # noqa: E402
import machine  # noqa: E402
import python  # noqa: E402


def looks(repositories):
    """Name to what is called for it."""
    return {
        "disks": machine.disks,
        "memory": machine.memory,
        "load": machine.load,
        "units": machine.units,
        "reboot": machine.reboot,
        "updates": machine.updates,
        "clock": machine.clock,
        "sshd": machine.sshd,
        "homes": machine.homes,
        "hub": hub.health,
        "people": hub.people,
        "hubErrors": journal.hub_errors,
        "proxyErrors": journal.proxy_errors,
        "python": python.environment,
        "packages": python.packages,
        "ownPackages": python.own_packages,
        "git": lambda: course.drift(os.path.join(HERE, "git.sh")),
        "content": lambda: course.content(os.path.join(HERE, "content.sh")),
        "reading": lambda: course.reading(repositories),
    }


def look(known, name, call):
    started = time.monotonic()
    try:
        found = call()
    except Exception as error:  # noqa: BLE001 - told, and nothing else is kept from being looked at
        found = {"error": journal.redacted(f"{type(error).__name__}: {error}")[:300]}
    if isinstance(found, dict):
        found["seconds"] = round(time.monotonic() - started, 2)
    known[name] = found


def main():
    seconds = float(sys.argv[1])
    end = time.monotonic() + seconds
    known, threads = {}, {}
    for name, call in looks(sys.argv[2:]).items():
        threads[name] = threading.Thread(target=look, args=(known, name, call), daemon=True)
        threads[name].start()
    for thread in threads.values():
        thread.join(max(0, end - time.monotonic()))
    late = {"error": f"no answer within {seconds:.0f} s"}
    print(json.dumps({name: known.get(name, late) for name in threads}, ensure_ascii=False), flush=True)
    # What hangs shall not keep the answer from being sent.
    os._exit(0)


main()
