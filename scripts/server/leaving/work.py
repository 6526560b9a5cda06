"""The work in one home folder: files that its owner made or changed since some time.

Runs as the owner, never as root: git's configuration in these folders is theirs. Reads a request
{home, since} (JSON, since in seconds of the epoch or null) and prints {files, bytes, newest: [{path, when}]}.

What counts: regular files. What does not: whatever begins with a dot at any depth (settings, caches and
histories such as .cache, .local, .ipython, .jupyter, .git, .ipynb_checkpoints), __pycache__, links, what
lies on another file system, and files of a git clone that are as its remote has, or once had them: the
course material as it came.
"""

import hashlib
import heapq
import json
import os
import stat
import subprocess
import sys

NEWEST = 3
# To list all that a repository's remote has. Without the list every file of the clone counts.
GIT_SECONDS = 20


def remote_blobs(repository):
    """Ids of all files that the remote of a clone has, or had as far as is known here."""
    try:
        done = subprocess.run(
            ["git", "-C", repository, "rev-list", "--objects", "--remotes"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(line.split(b" ", 1)[0].decode("ascii") for line in done.stdout.splitlines())


def blob_id(path, size):
    """As git names what is in a file."""
    known = hashlib.sha1(b"blob %d\0" % size)
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            known.update(part)
    return known.hexdigest()


class Clones:
    """What came with the clones of a home. A folder belongs to the innermost clone that it is in."""

    def __init__(self):
        self._of_folder = {}
        self._blobs = {}

    def enter(self, folder):
        """A folder, after the one that it is in."""
        inside = self._of_folder.get(os.path.dirname(folder))
        own = os.path.isdir(os.path.join(folder, ".git"))
        self._of_folder[folder] = folder if own else inside

    def brought(self, folder, path, size):
        """Whether a file is there as it came."""
        clone = self._of_folder[folder]
        if clone is None:
            return False
        if clone not in self._blobs:
            self._blobs[clone] = remote_blobs(clone)
        try:
            return bool(self._blobs[clone]) and blob_id(path, size) in self._blobs[clone]
        except OSError:
            return False


def refuse(error):
    """A folder that cannot be looked into must not pass for one without work."""
    if not isinstance(error, FileNotFoundError):
        raise error


def is_looked_into(path, device):
    name = os.path.basename(path)
    if name.startswith(".") or name == "__pycache__":
        return False
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_dev == device


def changed_files(home, since):
    """Path, when it was changed, and bytes, of each file of the owner's own."""
    device = os.stat(home).st_dev
    clones = Clones()
    for folder, folders, names in os.walk(home, onerror=refuse):
        clones.enter(folder)
        folders[:] = [one for one in folders if is_looked_into(os.path.join(folder, one), device)]
        for name in names:
            path = os.path.join(folder, name)
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                continue
            # A copy may keep the time of the original; when it came here, it cannot.
            changed = max(found.st_mtime, found.st_ctime)
            if name.startswith(".") or not stat.S_ISREG(found.st_mode):
                continue
            if since is not None and changed <= since:
                continue
            if not clones.brought(folder, path, found.st_size):
                yield os.path.relpath(path, home), changed, found.st_size


def work(home, since):
    files = size = 0
    newest = []
    for path, when, count in changed_files(home, since):
        files += 1
        size += count
        newest = heapq.nlargest(NEWEST, [*newest, (when, path)])
    return {
        "files": files,
        "bytes": size,
        "newest": [{"path": path, "when": when} for when, path in newest],
    }


if __name__ == "__main__":
    request = json.load(sys.stdin)
    print(json.dumps(work(request["home"], request["since"])))
