#!/usr/bin/python3
"""Whose server runs, and when the person last did something there: a line every five minutes.

A log-in alone tells little: a browser stays logged in for two weeks. So the hub's own database is
looked at, which servers tell every five minutes how long ago somebody worked in them.
"""

import calendar
import json
import os
import sqlite3
import sys
import time

STATE = sys.argv[1] if len(sys.argv) > 1 else "/opt/tljh/state"
LOG = f"{STATE}/workshop-attendance.jsonl"


def seconds(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%d %H:%M:%S")) if text else 0


def running():
    """Account to the time of the last activity, of those whose server runs."""
    database = sqlite3.connect(f"file:{STATE}/jupyterhub.sqlite?mode=ro", uri=True, timeout=10)
    rows = database.execute(
        "SELECT users.name, spawners.last_activity FROM spawners"
        " JOIN users ON users.id = spawners.user_id WHERE spawners.server_id IS NOT NULL"
    )
    return {name: seconds(at) for name, at in rows}


def main():
    on = running()
    if not on:
        return
    descriptor = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open(descriptor, "a", encoding="ascii") as log:
        log.write(json.dumps({"at": int(time.time()), "on": on}) + "\n")


if __name__ == "__main__":
    main()
