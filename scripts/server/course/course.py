#!/usr/bin/python3
"""The participants' copies of the course repositories: who has the newest, pulling, a fresh copy.

    echo '{"do": "status", "courses": […]}' | sudo python3 course.py

Runs as root, and touches no file of a participant: what is done in a home folder is done by
participant.py, as the participant, in a systemd unit of its own that ends with all that it started.
Its answers are taken for what they are, texts of somebody else. Prints JSON, a line for each fact.

--homes DIR  takes the folders of DIR for homes and does all of it as the caller: to try it without
             accounts
"""

import argparse
import concurrent.futures
import json
import os
import pwd
import re
import signal
import subprocess
import sys
import threading
import time
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = "jupyter-"
# Bytes of an answer: of a participant's, and of what is in a course repository.
LARGEST = 4_000_000
MOST = 200_000_000
# What is told about a course repository.
KEYS = ("name", "url", "branch", "folder")
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
# As in a participant's own server: conda's git first, if there is one.
PATH = "/opt/tljh/user/bin:/usr/local/bin:/usr/bin:/bin"


def say(**fact):
    print(json.dumps(fact, ensure_ascii=False), flush=True)


def plain(text, most=300):
    """Somebody else's text for a terminal: one line without control characters, not too long."""
    text = "".join(
        " " if one.isspace() else "?" if unicodedata.category(one)[0] == "C" else one
        for one in str(text)
    )
    return text if len(text) <= most else text[: most - 1] + "…"


class Unix:
    """People with accounts; what is theirs is done as them."""

    def people(self):
        return {
            account.pw_name[len(PREFIX) :]: account.pw_dir
            for account in pwd.getpwall()
            if account.pw_name.startswith(PREFIX)
        }

    def command(self, program, name, home, seconds):
        # Nobody in particular: a user that exists only for this, with a folder /tmp of its own.
        who = ["--property=DynamicUser=yes", "--setenv=HOME=/tmp"]
        if name is not None:
            who = [f"--uid={PREFIX}{name}", f"--setenv=HOME={home}"]
        return [
            *("systemd-run", "--quiet", "--pipe", "--wait", "--collect", *who),
            *(f"--setenv=PATH={PATH}", "--setenv=LC_ALL=C.UTF-8"),
            *(f"--property=RuntimeMaxSec={seconds}", "--property=MemoryMax=2G"),
            *("--property=TasksMax=200", "/usr/bin/python3", "-I", os.path.join(HERE, program)),
        ]

    def environment(self, _home):
        return None

    # Later than the unit's own limit, which is the one that ends everything in it.
    grace = 5


class Folders:
    """Folders for homes, everything as the caller."""

    def __init__(self, folder):
        self.folder = folder

    def people(self):
        return {name: os.path.join(self.folder, name) for name in os.listdir(self.folder)}

    def command(self, program, _name, _home, _seconds):
        return [sys.executable, "-I", os.path.join(HERE, program)]

    def environment(self, home):
        return {**os.environ, "HOME": home or self.folder}

    grace = 0


class Failed(Exception):
    """There is no answer; says why."""


def ask(server, program, request, name=None, home=None, seconds=120, most=LARGEST):
    """Runs one of the two other programs as somebody else. Its answer, or Failed."""
    child = subprocess.Popen(
        server.command(program, name, home, seconds),
        env=server.environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    late = threading.Event()

    def end():
        late.set()
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(seconds + server.grace, end)
    timer.start()
    try:
        output, problem = exchange(child, json.dumps(request).encode(), most)
    finally:
        timer.cancel()
    if child.returncode == 0:
        try:
            return json.loads(output)
        except (ValueError, RecursionError) as error:
            raise Failed("the answer cannot be read") from error
    if late.is_set() or child.returncode == -signal.SIGKILL or not problem.strip():
        raise Failed(f"no answer within {seconds} s, or ended by somebody")
    raise Failed(problem.decode("utf-8", "replace").strip().splitlines()[-1])


def exchange(child, text, most):
    """Standard input in, both outputs out; of each no more than `most` bytes are kept."""
    kept = {}

    def keep(stream):
        parts, size = [], 0
        while part := stream.read1(65536):
            size += len(part)
            if size <= most:
                parts.append(part)
        kept[stream] = b"".join(parts)

    readers = [
        threading.Thread(target=keep, args=(stream,), daemon=True)
        for stream in (child.stdout, child.stderr)
    ]
    for reader in readers:
        reader.start()
    try:
        child.stdin.write(text)
        child.stdin.close()
    except BrokenPipeError:
        pass
    child.wait()
    for reader in readers:
        # Something it started may still hold the pipe.
        reader.join(5)
    return kept.get(child.stdout, b""), kept.get(child.stderr, b"")


def commits(value):
    """Commits in somebody's answer."""
    listed = value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, str) and COMMIT.fullmatch(one)]


def answers_of(answer, count):
    """Somebody's answer: a dict for each course. Raises Failed."""
    if not isinstance(answer, list) or len(answer) != count:
        raise Failed("the answer cannot be read")
    if not all(isinstance(one, dict) for one in answer):
        raise Failed("the answer cannot be read")
    return answer


class Course:
    """All copies of the listed repositories."""

    def __init__(self, server, request, gitpuller):
        self.server = server
        self.courses = [
            {**{key: course[key] for key in KEYS}, "gitpuller": gitpuller}
            for course in request["courses"]
        ]
        self.people = server.people()
        self.at_once = request.get("atOnce", 4)
        self.seconds = request.get("secondsEach", 120)

    def of(self, name, do, courses):
        """What one participant's own program answers for these courses."""
        if not courses:
            return []
        request = {"do": do, "courses": courses}
        try:
            home = self.people[name]
            answer = ask(self.server, "participant.py", request, name, home, self.seconds)
            return answers_of(answer, len(courses))
        except Failed as error:
            return [{"kind": "clone", "fails": str(error)} for _ in courses]

    def of_all(self, do, asked, each=None):
        """The same for all, a few at a time. asked: name to courses. `each` is told at once."""
        with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
            running = {pool.submit(self.of, name, do, asked[name]): name for name in sorted(asked)}
            found = {}
            for done in concurrent.futures.as_completed(running):
                name = running[done]
                found[name] = done.result()
                if each:
                    each(name, found[name])
        return found

    def pull_all(self):
        def tell(name, answers):
            for course, one in zip(self.courses, answers):
                kind = one.get("kind")
                if kind == "none":
                    continue
                why = one.get("fails") or (one.get("said") if kind != "clone" else "")
                say(
                    kind="pulled",
                    participant=name,
                    course=course["name"],
                    ok=not why,
                    said=plain(why or ""),
                )

        self.of_all("pull", {name: self.courses for name in self.people}, tell)

    def upstream(self, course, looks):
        """What is in a repository, with what has changed since each of the copies began.

        looks: of each participant
        """
        names = [name for name, one in looks.items() if is_copy(one)]
        copies = [commits(looks[name].get("starts")) for name in names]
        request = {"url": course["url"], "branch": course["branch"], "copies": copies}
        try:
            found = ask(self.server, "upstream.py", request, seconds=self.seconds, most=MOST)
        except Failed as error:
            found = {"error": str(error)}
        if "error" in found:
            say(kind="upstream", course=course["name"], error=plain(found["error"]))
            return found
        say(
            kind="upstream",
            course=course["name"],
            commit=found["tip"],
            when=found["when"],
            subject=plain(found["subject"], 80),
        )
        return {**found, "starts": dict(zip(names, found["starts"]))}

    def status(self):
        looks = self.of_all("look", {name: self.courses for name in self.people})
        upstreams = [
            self.upstream(course, {name: answers[place] for name, answers in looks.items()})
            for place, course in enumerate(self.courses)
        ]
        asked = {
            name: [
                {**course, **question(upstream, one, name)}
                for course, upstream, one in zip(self.courses, upstreams, answers)
                if is_copy(one) and "error" not in upstream
            ]
            for name, answers in looks.items()
        }
        compared = self.of_all("compare", asked)
        for name in sorted(looks):
            found = {it["name"]: one for it, one in zip(asked[name], compared[name])}
            for course, upstream, one in zip(self.courses, upstreams, looks[name]):
                state = state_of(one, upstream, found.get(course["name"], {}))
                say(kind="state", participant=name, course=course["name"], **state)

    def fresh(self, name):
        answer = self.of(name, "fresh", self.courses)[0]
        say(
            kind="fresh",
            participant=name,
            course=self.courses[0]["name"],
            folder=self.courses[0]["folder"],
            aside=plain(answer.get("aside", "")),
            fails=plain(answer.get("fails", "")),
        )


def is_copy(one):
    """Whether somebody's answer is about a clone that can be compared."""
    return one.get("kind") == "clone" and "fails" not in one


def question(upstream, one, name):
    """What is asked about a copy: changes since it began, and its states to look through."""
    known = set(upstream["commits"])
    states = []
    for state in commits(one.get("states")):
        states.append(state)
        if state in known:
            break
    return {"changes": upstream["changes"][upstream["starts"][name]], "states": states}


def state_of(one, upstream, compared):
    """A copy's state in one word, with what a table says of it."""
    kind = one.get("kind")
    if kind == "none":
        return {"state": "none"}
    if kind in ("folder", "other"):
        return {"state": "other", "said": plain(one.get("said", ""))}
    fails = one.get("fails") or upstream.get("error") or compared.get("fails")
    if fails:
        return {"state": "fails", "said": plain(fails)}
    mine = set(commits(one.get("commits")))
    behind = next(
        (place for place, commit in enumerate(upstream["commits"]) if commit in mine),
        len(upstream["commits"]),
    )
    commit = upstream["commits"][behind] if behind < len(upstream["commits"]) else ""
    lacks = [file_of(it) for it in list_of(compared.get("lacks")) if isinstance(it, dict)]
    pulled = one.get("pulled")
    return {
        "state": "has" if not lacks else "behind" if behind else "lacks",
        "commit": commit,
        "behind": behind,
        "pulled": pulled if isinstance(pulled, int) and 0 <= pulled <= time.time() else 0,
        "lacks": lacks[:100],
        "notes": [plain(note) for note in list_of(one.get("notes"))[:5]],
    }


def list_of(value):
    return value if isinstance(value, list) else []


def file_of(one):
    cells = [it for it in list_of(one.get("cells"))[:50] if isinstance(it, dict)]
    return {
        "file": plain(one.get("file", "")),
        "why": plain(one.get("why", "")),
        "cells": [
            {"number": number, "says": plain(it.get("says", ""), 60)}
            for it in cells
            if isinstance(number := it.get("number"), int)
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--homes", metavar="DIR")
    parser.add_argument("--gitpuller", default="/opt/tljh/user/bin/gitpuller")
    options = parser.parse_args()
    request = json.load(sys.stdin)
    server = Folders(options.homes) if options.homes else Unix()
    course = Course(server, request, options.gitpuller)
    if request["do"] == "fresh":
        if request["name"] not in course.people:
            say(kind="unknown", participant=request["name"], people=sorted(course.people))
            return
        course.fresh(request["name"])
        return
    if request["do"] == "pull":
        course.pull_all()
    course.status()


if __name__ == "__main__":
    main()
