"""The hub's passwords, as its FirstUseAuthenticator keeps them: a small database of bcrypt hashes."""

import concurrent.futures
import dbm
import os
import time

import bcrypt

FILE = "/opt/tljh/state/passwords.dbm"
# All passwords that come from here are drawn from 2^60. While the hub looks at one it answers nobody else,
# and with the cost of a password that a person thinks of, 12, a class waits 5 s for that.
COST = 10
# The hub holds the database while it looks at a password.
PATIENCE_SECONDS = 20


def _open(flag):
    """Waits for whoever has it open; some kinds of databases let only one in."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return dbm.open(FILE, flag, 0o600)
        except dbm.error:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _all():
    with _open("c") as database:
        return {key.decode(): database[key] for key in database.keys()}


def names():
    return set(_all())


def hash_of(name):
    return _all().get(name)


def _at_once(work, items):
    """bcrypt is slow on purpose and lets other threads work: all processors at once."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(work, items))


def hashes(given):
    """Name to hash."""
    made = _at_once(lambda it: bcrypt.hashpw(it.encode(), bcrypt.gensalt(COST)), given.values())
    return dict(zip(given, made))


def store(hashed, overwrite=True):
    """Short, with all of it known before: nobody can log in meanwhile. Names that were written."""
    written = []
    with _open("c") as database:
        for name, value in hashed.items():
            if overwrite or name.encode() not in database:
                database[name.encode()] = value
                written.append(name)
    return written


def set_missing(given):
    """Sets passwords where there are none; their names."""
    known = names()
    missing = {name: password for name, password in given.items() if name not in known}
    return store(hashes(missing), overwrite=False) if missing else []


def forget(name):
    with _open("c") as database:
        if name.encode() in database:
            del database[name.encode()]


def compare(given, known=None):
    """Name to `given` (the password is still this one), `own` (another) or `none`."""
    stored = _all()

    def state(item):
        name, password = item
        if name not in stored:
            return "none"
        return "given" if bcrypt.checkpw(password.encode(), stored[name]) else "own"

    return dict(zip(given, _at_once(state, given.items())))
