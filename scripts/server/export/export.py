#!/opt/tljh/hub/bin/python3
"""Participants' files as archives: what there is, and one person's files on standard output.

    echo '{"do": "look", "accounts": []}' | sudo /opt/tljh/hub/bin/python3 export.py

Request, in JSON on standard input:
do        look: who has files, how many, and a mark that changes when any of them does
          archive: the files of `folder` as a compressed tar, on standard output
accounts  names, for home folders whose Unix user has a shortened one (look)
name      of the account, the archive's top folder (archive)
folder    the home folder (archive)

`look` prints facts in JSON on standard output, a line each; `archive` on standard error. The archive's
last entry is NAME.sha256, in the format that `sha256sum --check` reads.

Run as root: some files in a home folder may be closed to its owner. So nothing is ever opened by a
path that its owner could bend meanwhile: see scan.py.
"""

import argparse
import datetime
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import homes  # noqa: E402
import scan  # noqa: E402

PREFIX = "jupyter-"
# Fast, and notebooks become a quarter of their size; higher levels save little more.
LEVEL = 6
# Between two words about how far an archive is.
PROGRESS_SECONDS = 1


def fact(stream, **what):
    print(json.dumps(what), file=stream, flush=True)


def named_homes(root, accounts):
    """Account to home folder. Files stay when an account goes: its folder's name tells whose they are."""
    known = {homes.folder(name): name for name in accounts}
    return {
        known.get(entry.path, entry.name[len(PREFIX) :]): entry.path
        for entry in sorted(os.scandir(root), key=lambda it: it.name)
        if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False)
    }


def look(root, accounts):
    now = datetime.datetime.now(datetime.timezone.utc)
    fact(sys.stdout, kind="begun", at=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    for name, folder in named_homes(root, accounts).items():
        files = size = 0
        left, mark = {}, hashlib.sha256()
        for entry in scan.walk(folder):
            mark.update(entry.mark())
            if entry.left:
                left[entry.left] = left.get(entry.left, 0) + 1
            elif entry.kind == "file":
                files += 1
                size += entry.stat.st_size
        fact(
            sys.stdout,
            kind="home",
            name=name,
            folder=folder,
            files=files,
            bytes=size,
            state=mark.hexdigest(),
            left=left,
        )


class Counted:
    """Standard output, with what has gone out."""

    def __init__(self, out):
        self.out, self.sum, self.bytes = out, hashlib.sha256(), 0

    def write(self, data):
        self.out.write(data)
        self.sum.update(data)
        self.bytes += len(data)
        return len(data)

    def flush(self):
        self.out.flush()


def escaped(path):
    """A path as `sha256sum` writes it: a backslash before the line says that some are doubled."""
    if not any(it in path for it in "\\\n\r"):
        return "", path
    path = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return "\\", path


class Archive:
    """One person's files on their way out."""

    def __init__(self, name, out):
        self.name = name
        self.sums, self.changed = [], []
        self.files = self.others = self.bytes = 0
        self.told = time.monotonic()
        self.packed = gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=out, mtime=0)
        self.tar = tarfile.open(
            fileobj=self.packed,
            mode="w|",
            format=tarfile.PAX_FORMAT,
            encoding="utf-8",
            errors="surrogateescape",
        )

    def add(self, entry):
        info = entry.info(f"{self.name}/{entry.path}" if entry.path else self.name)
        if entry.kind != "file":
            self.tar.addfile(info)
            self.others += 1
        else:
            self.add_file(entry, info)
        # It would remember a million of them.
        self.tar.members.clear()

    def add_file(self, entry, info):
        read = entry.read()
        if read is None:
            return  # Gone since the folder was read: its owner has deleted it.
        info.size, info.mtime = read.size, int(read.mtime)
        digest = hashlib.sha256()
        self.tar.addfile(info, Watched(read, lambda data: self.passed(digest, data)))
        read.close()
        if read.changed:
            self.changed.append(entry.path)
        mark, path = escaped(info.name)
        self.sums.append(f"{mark}{digest.hexdigest()}  {path}\n")
        self.files += 1

    def passed(self, digest, data):
        digest.update(data)
        self.bytes += len(data)
        if time.monotonic() - self.told > PROGRESS_SECONDS:
            self.told = time.monotonic()
            fact(sys.stderr, kind="progress", bytes=self.bytes)

    def end(self):
        text = "".join(self.sums).encode("utf-8", "surrogateescape")
        info = tarfile.TarInfo(f"{self.name}.sha256")
        info.size, info.mode, info.mtime = len(text), 0o600, int(time.time())
        self.tar.addfile(info, io.BytesIO(text))
        self.tar.close()
        self.packed.close()


class Watched:
    """What tarfile reads, chunk by chunk, shown to somebody."""

    def __init__(self, source, show):
        self.source, self.show = source, show

    def read(self, size):
        data = self.source.read(size)
        self.show(data)
        return data


def archive(name, folder):
    out = Counted(sys.stdout.buffer)
    made = Archive(name, out)
    left = []
    for entry in scan.walk(folder):
        if entry.left:
            left.append(entry.path)
        else:
            made.add(entry)
    made.end()
    out.flush()
    fact(
        sys.stderr,
        kind="end",
        files=made.files,
        others=made.others,
        bytes=made.bytes,
        packed=out.bytes,
        sha256=out.sum.hexdigest(),
        changed=made.changed,
        left=left,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--homes", default="/home")
    arguments = parser.parse_args()
    request = json.load(sys.stdin)
    if request["do"] == "look":
        look(arguments.homes, request["accounts"])
    else:
        archive(request["name"], request["folder"])


if __name__ == "__main__":
    main()
