"""What is in a course repository: its commits, and what has changed since some of them.

Runs as a user of its own that owns nothing. Reads a request (JSON) from standard input and prints
the answer (JSON). Clones into a temporary folder, without files over 5 MB: those are only compared.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fixes  # noqa: E402  (python3 -I leaves the script's own folder out)

LARGEST = 5_000_000
# A larger file that is no notebook is data, which has come or has not: nobody edits it by hand.
LARGEST_EDITED = 20_000


def last_words(text):
    """The line of git's that says most: its first complaint, not what follows from that."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return min(lines, key=lambda line: not line.startswith("fatal:"), default="no message")


class Repository:
    def __init__(self, folder):
        self.folder = folder

    def git(self, *arguments, text=True):
        done = subprocess.run(
            ["git", "--git-dir", self.folder, *arguments], capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape") if text else done.stdout

    @functools.cached_property
    def files(self):
        """One git that is asked for many files: thousands would take their time."""
        return subprocess.Popen(
            ["git", "--git-dir", self.folder, "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def text(self, commit, path):
        """A file's text; None where there is none, or it is no text or too large."""
        if "\n" in path:
            return None
        self.files.stdin.write(os.fsencode(f"{commit}:{path}\n"))
        self.files.stdin.flush()
        answer = self.files.stdout.readline().split()
        if len(answer) != 3 or not answer[2].isdigit():
            return None
        content = self.files.stdout.read(int(answer[2]) + 1)[:-1]
        largest = LARGEST if path.endswith(".ipynb") else LARGEST_EDITED
        if b"\0" in content or len(content) > largest:
            return None
        return content.decode("utf-8", "replace")

    def changed(self, start, tip):
        """Files that are new or changed: (path, path before or None, blob)."""
        raw = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev"]
        try:
            listed = self.git(*raw, "-M", start, tip)
        except subprocess.CalledProcessError:
            # Large files are not there to be compared with each other.
            listed = self.git(*raw, "--no-renames", start, tip)
        parts = iter(listed.split("\0"))
        for head in parts:
            if not head.startswith(":"):
                continue
            _, mode, _, blob, kind = head.split(" ")
            before = path = next(parts)
            if kind[0] in "RC":
                path = next(parts)
            if kind[0] != "D" and mode.startswith("100"):
                yield path, None if kind[0] == "A" else before, blob

    def changes(self, start, tip):
        """What a copy that began at `start` should have by now."""
        for path, before, blob in self.changed(start, tip):
            after = self.text(tip, path)
            one = {"path": path, "blob": blob, "fixes": None, "ids": []}
            if after is not None:
                old = None if before is None else self.text(start, before)
                try:
                    one["fixes"] = fixes.fixes_between(path, old, after)
                    one["ids"] = [cell.id for cell in fixes.units_of(path, after)]
                except fixes.NotANotebook:
                    pass
            if one["fixes"] != [] or before != path:
                yield one


def clone(url, branch, folder):
    subprocess.run(
        [
            *("git", "clone", "--quiet", "--bare", "--single-branch", "--branch", branch),
            *(f"--filter=blob:limit={LARGEST}", "--", url, folder),
        ],
        capture_output=True,
        check=True,
    )
    # What was left out is not fetched later, one file at a time.
    for key in ("remote.origin.promisor", "extensions.partialclone"):
        subprocess.run(["git", "--git-dir", folder, "config", "--unset-all", key], check=False)


def answer(request):
    """What a request is answered.

    request: url, branch, and for each copy the commits that it may have begun with. `starts` has
    the one of each copy: the oldest that is known, else the repository's first. `changes` has what
    came after each start.
    """
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(os.path.join(folder, "course.git"))
        try:
            clone(request["url"], request["branch"], repository.folder)
        except subprocess.CalledProcessError as error:
            return {"error": last_words(error.stderr.decode("utf-8", "replace"))}
        commits = repository.git("rev-list", "--topo-order", "HEAD").split()
        tip = commits[0]
        age = {commit: place for place, commit in enumerate(commits)}
        starts = [
            max(filter(age.__contains__, copy), key=age.__getitem__, default=commits[-1])
            for copy in request["copies"]
        ]
        when, subject = repository.git("show", "-s", "--format=%ct%x00%s", tip).split("\0", 1)
        return {
            "tip": tip,
            "when": int(when),
            "subject": subject.strip(),
            "commits": commits,
            "starts": starts,
            "changes": {start: list(repository.changes(start, tip)) for start in set(starts)},
        }


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
