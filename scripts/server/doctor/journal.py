"""What hub and proxy have complained of, without secrets."""

import json
import re

import programs

# So far back, and so many lines of it.
SINCE = "-24h"
MOST_LINES = 20000
SHOWN = 3
LONGEST = 300

# What must not leave the server, though it be in a log: tokens by their look, what stands after words
# that announce a secret, logins in addresses, and anything long that nobody could read aloud.
SECRETS = [
    (re.compile(r"\b(gh[a-z]|glpat|github_pat)[_-][A-Za-z0-9_-]{8,}"), "[secret]"),
    (re.compile(r"(://)[^/\s@]+@"), r"\1[secret]@"),
    (re.compile(r"(?i)\b(authorization['\"]?\s*[:=]\s*)\S+(\s+\S+)?"), r"\1[secret]"),
    (re.compile(r"(?i)\b((?:pass(?:word|phrase)?|token|secret|cookie|code|state|_xsrf|key)['\"]?\s*[=:]\s*)[^\s&,;)]+"), r"\1[secret]"),
    (re.compile(r"\b(?=[A-Za-z0-9+_=-]*\d)[A-Za-z0-9+_=-]{32,}"), "[secret]"),
]
# A hub that is restarted says so as something critical.
HUB = re.compile(r"^(?!.*Received signal SIG(?:TERM|INT))(?:\[[EC] |(ERROR|CRITICAL)\b|Traceback |\w*(Error|Exception): )")
PROXY = re.compile(r"\bERR\b|\bFTL\b|level=(error|fatal)|\"level\":\"(error|fatal)\"")
CERTIFICATE = re.compile(r"[Uu]nable to obtain ACME certificate|[Ee]rror renewing certificate")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def redacted(text):
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


def plain(text):
    """One line without control characters."""
    text = COLOURS.sub("", text)
    return "".join(one if one.isprintable() else " " for one in text).strip()


def message(entry):
    """Text of an entry of the journal; journald writes what is not UTF-8 as a list of bytes."""
    text = entry.get("MESSAGE") or ""
    return bytes(text).decode("utf-8", "replace") if isinstance(text, list) else text


def chosen(lines, pattern):
    """The complaints among lines of the journal in JSON: how many, the last ones, the newest one's time."""
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        text = plain(message(entry))
        if pattern.search(text):
            when = int(entry.get("__REALTIME_TIMESTAMP", 0)) // 1_000_000
            found.append({"when": when, "text": redacted(text)[:LONGEST]})
    return {"count": len(found), "last": found[-SHOWN:]}


def _lines(unit):
    shown = ("-o", "json", "--no-pager", "--output-fields=MESSAGE")
    wanted = ("-u", unit, f"--since={SINCE}", "-n", str(MOST_LINES))
    return programs.finished("journalctl", *wanted, *shown, limit=7).stdout.splitlines()


def hub_errors():
    return chosen(_lines("jupyterhub"), HUB)


def proxy_errors():
    lines = _lines("traefik")
    return {**chosen(lines, PROXY), "certificate": chosen(lines, CERTIFICATE)["last"]}
