"""Looks whether anything in a copy is what it must not hold."""

import glob
import json
import os
import re
import subprocess

SHORTEST = 10
# Programs' own files, with keys for their tests and with words that are also somebody's name.
PROGRAMS = ["opt/tljh/hub", "opt/tljh/user", "usr", "var/lib/dpkg", "var/lib/snapd", "boot"]
KEY = rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(8 * 1024 * 1024).decode("utf-8", "replace")
    except OSError:
        return ""


def lines_of_keys(text):
    """The lines of keys and certificates that are theirs alone."""
    return [line for line in text.split() if len(line) >= 40 and not line.startswith("-----")]


def strings_in(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for one in value for text in strings_in(one)] if isinstance(value, list) else []


def machines_own(live="/"):
    """Secrets of this machine and of the people on it."""
    found = {}

    def note(what, texts):
        for text in texts:
            if len(text) >= SHORTEST:
                found.setdefault(text, what)

    state = f"{live}/opt/tljh/state"
    note("the machine's id", [read(f"{live}/etc/machine-id").strip()])
    for path in glob.glob(f"{live}/etc/ssh/ssh_host_*_key"):
        # The first line of a key is the same in all of its type.
        note("an SSH host key", lines_of_keys(read(path))[1:])
    for path in glob.glob(f"{live}/home/*/.ssh/authorized_keys") + [f"{live}/root/.ssh/authorized_keys"]:
        note("an authorized key", [word for word in read(path).split() if word.startswith("AAAA")])
    for line in read(f"{live}/etc/shadow").splitlines():
        note("the hash of a password", [line.split(":")[1].lstrip("!")])
    for path in glob.glob(f"{state}/passwords.dbm*") + [f"{live}/etc/shadow"]:
        note("the hash of a password", re.findall(r"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}", read(path)))
    for path in ["jupyterhub_cookie_secret", "traefik-api.secret", "workshop-accounts.token"]:
        note(f"what is in {path}", [read(f"{state}/{path}").strip()])
    try:
        certificates = strings_in(json.loads(read(f"{state}/acme.json")))
        note("the certificate's key", [text for text in certificates if len(text) > 100])
    except ValueError:
        pass
    for line in read(f"{live}/etc/git-credentials").splitlines():
        note("the git token", re.findall(r"//[^:/@]*:([^@]*)@", line))
    return found


def grep(image, needles):
    """Files of the image in which one of the needles is, without its root; needles by standard input."""
    ran = subprocess.run(
        ["grep", "-r", "--files-with-matches", "--null", "--text", "--fixed-strings", "--file=-", "."],
        cwd=image,
        input="\n".join(needles).encode(),
        stdout=subprocess.PIPE,
        env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        check=False,
    )
    if ran.returncode > 1:
        raise OSError(f"grep ended with status {ran.returncode}")
    return [os.fsdecode(path)[2:] for path in ran.stdout.split(b"\0") if path]


def what_of(path, secrets):
    with open(path, "rb") as file:
        text = file.read()
    return next((what for secret, what in secrets.items() if secret.encode() in text), "a secret")


def search(image, secrets, people):
    """
    secrets: text to what it is. people: names of persons' accounts.

    Returns what was found, as pairs of a path and what is in it.
    """
    found = []
    if secrets:
        found += [(path, what_of(f"{image}/{path}", secrets)) for path in grep(image, list(secrets))]
    names = {name for person in people for name in (person, f"jupyter-{person}") if name.startswith("jupyter-")}
    for folder, folders, files in os.walk(image):
        inside = os.path.relpath(folder, image)
        if inside in PROGRAMS:
            folders.clear()
            continue
        for name in [*folders, *files]:
            path = os.path.normpath(f"{inside}/{name}")
            if name in names:
                found.append((path, "somebody's name"))
            full = f"{folder}/{name}"
            if name in folders or os.path.islink(full) or not os.path.isfile(full):
                continue
            with open(full, "rb") as file:
                text = file.read(16 * 1024 * 1024)
            if re.search(KEY, text):
                found.append((path, "a private key"))
            elif any(re.search(rb"\b" + re.escape(name.encode()) + rb"\b", text) for name in names):
                found.append((path, "somebody's name"))
    return found
