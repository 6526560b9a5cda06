"""The Unix users and home folders that TLJH makes when somebody's server first starts."""

import hashlib
import os
import pwd
import shutil
import subprocess

PREFIX = "jupyter-"
ADMINS = "jupyterhub-admins"
# To measure one home, which may have a million files.
LIMIT_SECONDS = 20


def _quietly(*command, limit=60):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, check=False
    )


def _unix_user(name):
    """The Unix user of an account, or None. TLJH cuts long names, and tells them apart by a hash."""
    whole = PREFIX + name
    for user in (whole, f"{whole[:26]}-{hashlib.sha256(whole.encode()).hexdigest()[:5]}"):
        try:
            return pwd.getpwnam(user)
        except KeyError:
            pass
    return None


def folder(name):
    """The home folder, or None."""
    user = _unix_user(name)
    return user.pw_dir if user and os.path.isdir(user.pw_dir) else None


def take_sudo(name):
    """Who is no administrator any more; the hub itself does it only when a server starts."""
    user = _unix_user(name)
    if user:
        _quietly("gpasswd", "--delete", user.pw_name, ADMINS)


def delete(name):
    """The Unix user and all its files."""
    user = _unix_user(name)
    if user is None:
        return
    _quietly("pkill", "--signal", "KILL", "--uid", str(user.pw_uid))
    if shutil.which("crontab"):
        _quietly("crontab", "-r", "-u", user.pw_name)
    # Only what is really a participant's: a home elsewhere is somebody else's doing.
    if os.path.dirname(user.pw_dir) == "/home" and os.path.basename(user.pw_dir).startswith(PREFIX):
        shutil.rmtree(user.pw_dir)
    _quietly("userdel", "--force", user.pw_name)


def sizes(names):
    """Name to bytes on the disk, of those who have a home."""
    found = {}
    for name in names:
        home = folder(name)
        if home is None:
            continue
        try:
            said = _quietly("nice", "du", "-sx", "--block-size=1", home, limit=LIMIT_SECONDS)
            found[name] = int(said.stdout.split("\t")[0])
        except (subprocess.TimeoutExpired, ValueError):
            found[name] = -1
    return found
