"""The users and groups of an image: those of the system, and no person."""

import os

LAST_OF_SYSTEM = 999
# nobody and nogroup: https://www.debian.org/doc/debian-policy/ch-opersys.html#uid-and-gid-classes
NOBODY = range(60000, 65536)
FILES = {"passwd": 0o644, "shadow": 0o640, "group": 0o644, "gshadow": 0o640, "subuid": 0o644, "subgid": 0o644}


def is_system(number):
    return int(number) <= LAST_OF_SYSTEM or int(number) in NOBODY


def rows(text):
    return [line.split(":") for line in text.splitlines() if line.strip()]


def text_of(lines):
    return "".join(":".join(line) + "\n" for line in lines)


def without_people(texts):
    """
    texts: name of a file of FILES to its text; those that a system lacks are empty.

    Returns the same without persons, and the names of those that were left out.
    """
    users = rows(texts["passwd"])
    groups = rows(texts["group"])
    kept_users = {one[0] for one in users if is_system(one[2])}
    kept_groups = {one[0] for one in groups if is_system(one[2])}

    def members(field):
        return ",".join(name for name in field.split(",") if name in kept_users)

    def locked(line):
        # A system's account with a password is none of an image.
        has_password = line[1] != "" and line[1][0] not in "*!"
        return [line[0], "!", *line[2:]] if has_password else line

    made = {
        "passwd": [one for one in users if one[0] in kept_users],
        "shadow": [locked(one) for one in rows(texts["shadow"]) if one[0] in kept_users],
        "group": [[*one[:3], members(one[3])] for one in groups if one[0] in kept_groups],
        "gshadow": [
            [one[0], "!" if one[1][:1] not in ("", "*", "!") else one[1], members(one[2]), members(one[3])]
            for one in rows(texts["gshadow"])
            if one[0] in kept_groups
        ],
        "subuid": [one for one in rows(texts["subuid"]) if one[0] in kept_users],
        "subgid": [one for one in rows(texts["subgid"]) if one[0] in kept_users],
    }
    gone = sorted({one[0] for one in users} - kept_users)
    return {name: text_of(lines) for name, lines in made.items()}, gone


def write_accounts(live, image):
    """Writes the image's from the live system's. Returns the names of persons."""
    texts = {}
    for name in FILES:
        try:
            with open(f"{live}/etc/{name}", encoding="utf-8") as file:
                texts[name] = file.read()
        except FileNotFoundError:
            texts[name] = ""
    made, gone = without_people(texts)
    for name, mode in FILES.items():
        if not os.path.exists(f"{live}/etc/{name}"):
            continue
        old = os.stat(f"{live}/etc/{name}")
        path = f"{image}/etc/{name}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(made[name])
        os.chown(path, old.st_uid, old.st_gid)
        os.chmod(path, mode)
    return gone
