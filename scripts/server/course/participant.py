"""One participant's copies of the course repositories: looks at them, pulls, makes a fresh one.

Runs as the participant, never as root: hooks, configuration and links in these folders are theirs.
Reads a request (JSON) from standard input and prints the answer (JSON), which root does not trust.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fixes  # noqa: E402  (python3 -I leaves the script's own folder out)

LARGEST = 50_000_000
# How far back a copy's own history is looked through.
STATES = 200


class Failed(Exception):
    """Says in one line why something could not be done."""


def git(folder, *arguments, text=None):
    """git's output. Raises Failed. Takes no lock that the participant's own git could miss."""
    done = subprocess.run(
        ["git", "-C", folder, *arguments],
        input=text,
        capture_output=True,
        check=False,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
    )
    if done.returncode != 0:
        raise Failed(last_words(done.stderr.decode("utf-8", "replace")))
    return done.stdout


def lines(folder, *arguments):
    """Lines of git's output; none when it fails."""
    try:
        return git(folder, *arguments).decode("utf-8", "replace").split("\n")[:-1]
    except Failed:
        return []


def last_words(text):
    """The line of git's or nbgitpuller's that says most."""
    found = [line.strip() for line in text.splitlines() if line.strip()]
    git_says = [it for it in found if re.match(r"(fatal|error|CONFLICT)\b", it)]
    # A traceback ends with what was raised.
    said = (git_says or found[-1:] or ["no message"])[0]
    # "… would be overwritten by merge:", and the file's name in the next line.
    place = found.index(said) + 1 if said.endswith(":") else len(found)
    return " ".join([said, *found[place : place + 1]])


def same_repository(one, other):
    def plain(url):
        url = re.sub(r"^(\w+://)[^/@]*@", r"\1", url.strip())
        return re.sub(r"(\.git)?/*$", "", url)

    return plain(one) == plain(other)


def without_login(url):
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", url)


def lock_of(folder):
    """What a lock on the repository means for whoever wants to pull; None without one."""
    try:
        since = os.lstat(os.path.join(folder, ".git/index.lock")).st_mtime
    except OSError:
        return None
    clock = time.strftime("%H:%M", time.localtime(since))
    if git_runs_in(folder):
        return f"another git works in it now, since {clock}: wait for it"
    free = time.strftime("%H:%M", time.localtime(since + 600))
    return (
        f".git/index.lock of {clock} was left behind by a git that was ended; "
        f"from {free} on the next pull removes it"
    )


def git_runs_in(folder):
    inside = os.path.realpath(folder)
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/comm", encoding="utf-8") as comm:
                name = comm.read().strip()
            where = os.readlink(f"/proc/{process}/cwd")
        except OSError:
            continue
        if name.startswith("git") and f"{where}/".startswith(f"{inside}/"):
            return True
    return False


def kind_of(folder, url):
    """none, folder (not a clone), other (of another repository) or clone; and what to say."""
    if not os.path.lexists(folder):
        return "none", ""
    if not os.path.isdir(os.path.join(folder, ".git")):
        return "folder", "is no clone"
    try:
        git(folder, "rev-parse", "--git-dir")
    except Failed as error:
        # Of somebody else, for instance.
        return "folder", str(error)
    origin = "".join(lines(folder, "config", "--get", "remote.origin.url")[:1])
    if not same_repository(origin, url):
        return "other", f"is a clone of {without_login(origin) or 'nothing'}"
    return "clone", ""


def look(folder, course):
    """What a copy is: its kind, where it began, its states, the commits that it has."""
    kind, said = kind_of(folder, course["url"])
    found = {"kind": kind, "said": said}
    if kind != "clone":
        return found
    try:
        # The first thing that a click on the link does.
        branch = course["branch"]
        if not git(".", "ls-remote", "--", course["url"], f"refs/heads/{branch}"):
            raise Failed(f"the repository has no branch {branch}")
    except Failed as error:
        return {**found, "fails": str(error)}
    shallow = []
    try:
        with open(os.path.join(folder, ".git/shallow"), encoding="ascii") as file:
            shallow = file.read().split()
    except (OSError, UnicodeDecodeError):
        pass
    first = lines(folder, "log", "--walk-reflogs", "--format=%H", "HEAD")[-1:]
    notes = []
    if os.path.lexists(os.path.join(folder, ".git/MERGE_HEAD")):
        notes.append("a merge is not finished; the next pull ends it")
    lock = lock_of(folder)
    if lock:
        notes.append(lock)
    return {
        **found,
        "notes": notes,
        "starts": shallow[:20] + first,
        "states": lines(folder, "rev-list", "--first-parent", f"--max-count={STATES}", "HEAD"),
        "commits": lines(folder, "rev-list", "--max-count=2000", "HEAD"),
        "pulled": last_pull(folder),
    }


def last_pull(folder):
    """When the copy was last brought in line, in seconds of the epoch; 0 when that is unknown."""
    for name in ("FETCH_HEAD", "logs/HEAD", "HEAD"):
        try:
            return int(os.lstat(os.path.join(folder, ".git", name)).st_mtime)
        except OSError:
            continue
    return 0


def read(file):
    """A regular file's bytes, b"" for what is too large or no file; None where nothing is."""
    try:
        # A pipe in place of a file would keep the reader waiting for ever.
        number = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        return b""
    try:
        known = os.fstat(number)
        if not stat.S_ISREG(known.st_mode) or known.st_size > LARGEST:
            return b""
        with open(number, "rb", closefd=False) as opened:
            return opened.read(LARGEST)
    finally:
        os.close(number)


def blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Copy:
    """A copy's files, now and in its earlier states."""

    def __init__(self, folder, states):
        self.folder = folder
        self.states = states

    @functools.cached_property
    def trees(self):
        """Path to blob in each state, newest first."""
        return [self.tree(state) for state in self.states]

    def tree(self, state):
        try:
            listed = os.fsdecode(git(self.folder, "ls-tree", "-r", "-z", "--full-tree", state))
        except Failed:
            return {}
        entries = (entry.split("\t", 1) for entry in listed.split("\0")[:-1])
        return {path: head.split(" ")[2] for head, path in entries}

    def earlier(self, path):
        """The file's blobs in the copy's states, newest first, each once."""
        return list(dict.fromkeys(tree[path] for tree in self.trees if path in tree))

    def text(self, blob):
        return git(self.folder, "cat-file", "blob", blob).decode("utf-8", "replace")

    def is_same(self, change, content):
        """Whether a file is the course's own, byte by byte."""
        if content is None:
            return False
        if blob_id(content) == change["blob"]:
            return True
        # Filters (line ends, LFS) make a file on the disk another than the one in git.
        path = change["path"]
        ask = ("hash-object", f"--path={path}", "--", path)
        return change["fixes"] is None and lines(self.folder, *ask) == [change["blob"]]

    def left(self, change, content):
        """What the copy never had: fixes, or None where they are not known one by one."""
        path, left = change["path"], change["fixes"]
        texts = [] if content is None else [content.decode("utf-8", "replace")]
        for blob in [None, *self.earlier(path)]:
            # It was there once: what differs now is the participant's own work.
            if blob == change["blob"]:
                return []
            if not left:
                continue
            try:
                texts = texts if blob is None else [self.text(blob)]
                for text in texts:
                    left = fixes.missing(path, left, change["ids"], text)
            except (Failed, fixes.NotANotebook):
                continue
        return left

    def lacks(self, change):
        """What a copy does not have of a changed file: None, or a dict for the answer."""
        path = change["path"]
        content = read(os.path.join(self.folder, path))
        if self.is_same(change, content):
            return None
        if content is not None and path.endswith(".ipynb"):
            try:
                fixes.cells_of(content.decode("utf-8", "replace"))
            except fixes.NotANotebook:
                return {"file": path, "why": "cannot be opened", "cells": []}
        left = self.left(change, content)
        if left == [] and (content is not None or self.earlier(path)):
            return None
        if content is None:
            return {"file": path, "why": "is not there", "cells": []}
        notebook = path.endswith(".ipynb")
        cells = [{"number": it["number"], "says": fixes.told(it)} for it in left or []]
        return {"file": path, "why": "", "cells": cells if notebook else []}


def compare(folder, course):
    copy = Copy(folder, course["states"])
    found = (copy.lacks(change) for change in course["changes"])
    return {"lacks": [one for one in found if one is not None]}


def gitpuller(course, target):
    done = subprocess.run(
        [course["gitpuller"], course["url"], course["branch"], target],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(last_words(done.stdout.decode("utf-8", "replace")))


def pull(folder, course):
    """Exactly what a click on the link does."""
    kind, said = kind_of(folder, course["url"])
    if kind != "clone":
        return {"kind": kind, "said": said}
    try:
        gitpuller(course, folder)
    except (Failed, OSError) as error:
        return {"kind": kind, "fails": lock_of(folder) or str(error)}
    return {"kind": kind}


def fresh(folder, course):
    """A new clone beside the old folder first, so that a failure leaves everything as it was."""
    stamp = time.strftime("%Y-%m-%d-%H%M")
    made = f"{folder}.new-{stamp}-{os.getpid()}"
    try:
        gitpuller(course, made)
    except (Failed, OSError) as error:
        shutil.rmtree(made, ignore_errors=True)
        return {"fails": str(error)}
    aside = ""
    if os.path.lexists(folder):
        aside = f"{folder}-until-{stamp}"
        count = 1
        while os.path.lexists(aside):
            count += 1
            aside = f"{folder}-until-{stamp}-{count}"
        os.rename(folder, aside)
    os.rename(made, folder)
    return {"aside": os.path.basename(aside)}


DO = {"look": look, "compare": compare, "pull": pull, "fresh": fresh}


def main():
    request = json.load(sys.stdin)
    home = os.environ["HOME"]
    os.chdir(home)
    # Whatever git wants to ask, nobody is here to answer.
    os.environ["GIT_TERMINAL_PROMPT"] = "0"
    answers = []
    for course in request["courses"]:
        try:
            answers.append(DO[request["do"]](os.path.join(home, course["folder"]), course))
        except (Failed, OSError, UnicodeError) as error:
            answers.append({"kind": "clone", "fails": str(error)})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
