"""What lies in a home folder, looked at by root while its owner works in it.

Folders are entered, and files opened, one below the other from an open folder, and no link is ever
followed: a link to /etc that takes the place of a folder in the wrong moment leads nowhere.
"""

import errno
import fnmatch
import os
import stat
import tarfile
import time

# Keys and passwords, by which others could act in somebody's name.
SECRETS = [
    ".ssh", ".gnupg", ".aws", ".azure", ".docker", ".kaggle", ".huggingface", ".netrc", ".pypirc",
    ".npmrc", ".pgpass", ".git-credentials", ".config/gh", ".config/git/credentials",
    ".config/gcloud", ".config/rclone", ".local/share/keyrings", ".local/share/jupyter/runtime",
    ".local/share/jupyter/*secret*", ".ipython/*/security",
]  # fmt: skip
# What somebody has typed, passwords among it.
HISTORY = [
    ".bash_history", ".zsh_history", ".python_history", ".lesshst", ".viminfo", ".sqlite_history",
    ".ipython/*/history.sqlite*",
]  # fmt: skip
# What programs make anew.
REMADE = [".cache", ".local/share/Trash", ".npm", ".conda/pkgs"]
LEFT = {**dict.fromkeys(SECRETS, "secrets"), **dict.fromkeys(HISTORY, "history")}
LEFT.update(dict.fromkeys(REMADE, "caches"))

# Files up to this size are read at once, and again when they changed meanwhile.
AT_ONCE = 32 * 1024 * 1024
TRIES = 5
# The kernel's clock for files ticks this rarely, at most: within a tick a change does not show.
TICK_NS = 20_000_000


def reason_to_leave(path):
    return next((why for glob, why in LEFT.items() if fnmatch.fnmatchcase(path, glob)), "")


class Entry:
    """A file, folder or link in a home folder, or what is none of these."""

    def __init__(self, path, name, parent, status):
        # `path` is relative to the home; of the home itself empty.
        self.path, self.name, self.parent, self.stat = path, name, parent, status
        mode = status.st_mode
        self.kind = (
            "file" if stat.S_ISREG(mode)
            else "folder" if stat.S_ISDIR(mode)
            else "link" if stat.S_ISLNK(mode)
            else "other"
        )  # fmt: skip
        self.left = "sockets and devices" if self.kind == "other" else reason_to_leave(path)

    def mark(self):
        """Changes when the entry does; nothing of what is in a file is read."""
        status = self.stat
        parts = [self.path, status.st_mode, status.st_uid, status.st_ino]
        if self.kind != "folder":
            parts += [status.st_size, status.st_mtime_ns]
        return "\0".join(str(it) for it in parts).encode("utf-8", "surrogateescape") + b"\n"

    def info(self, name):
        info = tarfile.TarInfo(name)
        info.mode = stat.S_IMODE(self.stat.st_mode)
        info.uid, info.gid = self.stat.st_uid, self.stat.st_gid
        info.mtime = int(self.stat.st_mtime)
        if self.kind == "folder":
            info.type = tarfile.DIRTYPE
        elif self.kind == "link":
            info.type = tarfile.SYMTYPE
            info.linkname = os.readlink(self.name, dir_fd=self.parent)
        return info

    def read(self):
        """What is in the file; None: it is gone, or is no file any more."""
        for last in range(TRIES):
            try:
                read = Reading(self.name, self.parent)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
                    return None
                raise
            if not stat.S_ISREG(read.before.st_mode):
                read.close()
                return None
            if read.size > AT_ONCE or read.keep() or last == TRIES - 1:
                return read
            read.close()
            time.sleep(0.2)
        return None


class Reading:
    """An open file, and whether it changed while it was read."""

    def __init__(self, name, parent):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        self.file = os.open(name, flags, dir_fd=parent)
        self.before = os.fstat(self.file)
        if abs(time.time_ns() - self.before.st_mtime_ns) < TICK_NS:
            time.sleep(TICK_NS / 1e9)
            self.before = os.fstat(self.file)
        self.size, self.mtime = self.before.st_size, self.before.st_mtime
        self.kept = None
        self.at = 0
        self.changed = False

    def _stayed(self):
        now = os.fstat(self.file)
        return (now.st_size, now.st_mtime_ns) == (self.before.st_size, self.before.st_mtime_ns)

    def keep(self):
        """Reads it whole; whether it stayed the same meanwhile."""
        parts, wanted = [], self.before.st_size
        while wanted > 0 and (part := os.read(self.file, wanted)):
            parts.append(part)
            wanted -= len(part)
        self.kept = b"".join(parts)
        self.size = len(self.kept)
        self.changed = not self._stayed() or self.size != self.before.st_size
        return not self.changed

    def read(self, size):
        """As many bytes as were announced: a file that shrinks meanwhile ends in zeros."""
        if self.kept is not None:
            part = self.kept[self.at : self.at + size]
        else:
            part = os.read(self.file, min(size, self.size - self.at))
            if len(part) < min(size, self.size - self.at):
                part += self._rest(min(size, self.size - self.at) - len(part))
        self.at += len(part)
        if self.kept is None and self.at >= self.size:
            self.changed = self.changed or not self._stayed()
        return part

    def _rest(self, size):
        """A read may give less than was asked for, before the end of the file too."""
        part = b""
        while len(part) < size:
            more = os.read(self.file, size - len(part))
            if not more:
                self.changed = True
                return part + bytes(size - len(part))
            part += more
        return part

    def close(self):
        os.close(self.file)


def refuse(error):
    """A folder that cannot be read is an error, but not one that its owner has just deleted."""
    if not isinstance(error, FileNotFoundError):
        raise error


def walk(folder):
    """All entries below a home folder and itself, each folder before what is in it, sorted by name."""
    top = os.stat(folder, follow_symlinks=False)
    yield Entry("", folder, None, top)
    for at, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False, onerror=refuse):
        inside = os.path.relpath(at, folder)
        inside = "" if inside == "." else inside + "/"
        entered = []
        for name in sorted(folders + files):
            try:
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
            entry = Entry(inside + name, name, descriptor, status)
            if entry.kind == "folder" and not entry.left:
                # What somebody has mounted there is not in the home.
                if status.st_dev != top.st_dev:
                    entry.left = "mounted"
                else:
                    entered.append(name)
            yield entry
        folders[:] = entered
