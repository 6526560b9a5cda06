"""The course's repositories: token and git configuration, links, and reading as participants do."""

import concurrent.futures
import json
import os
import subprocess

import journal
import programs

# Participants' git may be Debian's or conda's; each has a configuration of the system of its own.
SYSTEM_CONFIGS = ("/etc/gitconfig", "/opt/tljh/user/etc/gitconfig")
LOCK = "credential storage lock"
LIMIT = 7


def _script(file):
    done = programs.finished("bash", file, limit=LIMIT)
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip().splitlines() or ["it failed"])[0])
    return done.stdout


def drift(file):
    """What is not as `pulumi up` left it, a text each; see git-credentials.sh. None: there is no token."""
    if not os.path.exists(file):
        return {"token": False, "drift": []}
    lines = [line.split("\t") for line in _script(file).splitlines()]
    return {"token": True, "drift": [fields[1] for fields in lines if fields[0] == "drift"]}


def content(file):
    """What git sees of each link's repository; see content-check.sh. Only what the rows need of it."""
    if not os.path.exists(file):
        return {"found": []}
    return {"found": json.loads(_script(file))}


def _read(repository):
    environment = ["PATH=/usr/bin:/bin", "HOME=/nonexistent", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C.UTF-8"]
    wrong, has_lock = "", False
    for system in SYSTEM_CONFIGS:
        try:
            git = ("git", "ls-remote", "--quiet", repository, "HEAD")
            done = programs.as_nobody([*environment, f"GIT_CONFIG_SYSTEM={system}"], *git, limit=LIMIT)
        except subprocess.TimeoutExpired:
            wrong = wrong or f"no answer within {LIMIT} s"
            continue
        has_lock = has_lock or LOCK in done.stderr
        if done.returncode != 0:
            wrong = wrong or journal.redacted(journal.plain(done.stderr))[-300:] or "git failed"
    return {"repository": repository, "wrong": wrong, "lock": has_lock}


def reading(repositories):
    """Whether those who are nobody in particular can read each."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return {"read": list(pool.map(_read, repositories))}
