#!/opt/tljh/hub/bin/python3
"""The hub's accounts: making, looking, listing, removing, setting a password.

    echo '{"do": "list", "accounts": []}' | sudo /opt/tljh/hub/bin/python3 accounts.py

Request, in JSON on standard input:
do         set: makes what is missing of `accounts`, and removes `removed`
           look: what is missing or wrong of `accounts`
           list: all that is known of everybody who has an account
           check: whether passwords are still those of `accounts`
           reset: gives the accounts that are there these passwords
           remove: takes `removed` away; with `files`, their home folders too
accounts   each with name, role (admin, helper, participant, spare) and password (not for look)
removed    names
files      whether home folders are deleted
stack      for the commands in errors

Prints JSON, a line for each fact. Exit status 75: the hub must be restarted, then the same again.
Passwords are read from standard input, and are never printed.
"""

import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import homes  # noqa: E402
import passwords  # noqa: E402
from hub import Hub, HubError, UnknownToken  # noqa: E402

# Which group of the hub each role is in.
GROUPS = {"helper": "helpers", "participant": "participants", "spare": "participants"}
RESTART = 75


def say(**fact):
    print(json.dumps(fact, ensure_ascii=False), flush=True)


def wrongs(accounts, users, known):
    """What is missing or wrong, a text each."""
    found = []
    for account in accounts:
        name, role = account["name"], account["role"]
        user = users.get(name)
        if user is None:
            found.append(f"{name} is not in the hub's list")
            continue
        if name not in known:
            found.append(f"{name} has no password")
        if user["admin"] != (role == "admin"):
            found.append(f"{name} is {'an' if user['admin'] else 'no'} administrator")
        ours = set(user["groups"]) & set(GROUPS.values())
        if ours != ({GROUPS[role]} if role in GROUPS else set()):
            found.append(f"{name} is in the wrong group")
    return found


def demote(hub, name):
    """The hub lets nobody but an administrator take an administrator's rights: the user is made anew.

    With the password that the person had, and without a server that still has sudo.
    """
    kept = passwords.hash_of(name)
    hub.remove_user(name)
    if kept is not None:
        passwords.store({name: kept})
    homes.take_sudo(name)


def remove(hub, name, files):
    was_there = hub.remove_user(name)
    passwords.forget(name)
    homes.take_sudo(name)
    if files:
        homes.delete(name)
    say(kind="removed", name=name, account=was_there, home=homes.folder(name) or "")


def put_in_groups(hub, accounts, users):
    for group in sorted(set(GROUPS.values())):
        members = [it["name"] for it in accounts if GROUPS.get(it["role"]) == group]
        others = [it["name"] for it in accounts if GROUPS.get(it["role"]) != group]
        hub.add_group(group)
        hub.change_group("POST", group, [it for it in members if group not in users[it]["groups"]])
        hub.change_group("DELETE", group, [it for it in others if group in users[it]["groups"]])


def set_accounts(hub, request):
    accounts = request["accounts"]
    given = {it["name"]: it["password"] for it in accounts}
    for name in passwords.set_missing(given):
        say(kind="password", name=name)
    users = hub.users()
    # Gone before others come: a name may have gone from one person to another.
    for name in request.get("removed", []):
        remove(hub, name, request.get("files", False))
    for account in accounts:
        name = account["name"]
        if account["role"] != "admin" and users.get(name, {}).get("admin"):
            demote(hub, name)
            users.pop(name)
    missing_admin = any(
        it["role"] == "admin" and not users.get(it["name"], {}).get("admin") for it in accounts
    )
    if missing_admin:
        sys.exit(RESTART)
    for name in hub.add_users([it["name"] for it in accounts if it["name"] not in users]):
        say(kind="account", name=name)
    users = hub.users()
    put_in_groups(hub, accounts, users)
    left = wrongs(accounts, hub.users(), passwords.names())
    if left:
        raise HubError("The hub did not take all accounts", "; ".join(left[:5]), "all of them")


def list_accounts(hub, accounts):
    users, known = hub.users(), passwords.names()
    states = passwords.compare({it["name"]: it["password"] for it in accounts}, known)
    sizes = homes.sizes(users)
    for name, user in sorted(users.items()):
        say(
            kind="user",
            name=name,
            admin=user["admin"],
            groups=user["groups"],
            password=states.get(name, "own" if name in known else "none"),
            seen=user["last_activity"] or "",
            server=bool(user.get("servers")),
            bytes=sizes.get(name, 0),
        )


def reset(hub, accounts):
    users = hub.users()
    unknown = [it["name"] for it in accounts if it["name"] not in users]
    if unknown:
        raise HubError(
            f"There is no account {unknown[0]}",
            unknown[0],
            ", ".join(sorted(users)) or "an account",
            "npm run user -- list, then the same command with one of its names",
        )
    given = {it["name"]: it["password"] for it in accounts}
    passwords.store(passwords.hashes(given))
    for name in given:
        say(kind="password", name=name)


def run(request, hub):
    accounts, what = request.get("accounts", []), request["do"]
    if what == "set":
        set_accounts(hub, request)
    elif what == "look":
        say(kind="wrong", wrong=wrongs(accounts, hub.users(), passwords.names()))
    elif what == "list":
        list_accounts(hub, accounts)
    elif what == "check":
        states = passwords.compare({it["name"]: it["password"] for it in accounts})
        say(kind="passwords", states=states)
    elif what == "reset":
        reset(hub, accounts)
    elif what == "remove":
        for name in request["removed"]:
            remove(hub, name, request.get("files", False))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--passwords-only", action="store_true", help="asks nothing of the hub")
    parser.add_argument("--hub", default="http://127.0.0.1:15001/hub/api", help="TLJH's own port")
    parser.add_argument("--state", default="/opt/tljh/state")
    arguments = parser.parse_args()
    request = json.load(sys.stdin)
    passwords.FILE = f"{arguments.state}/passwords.dbm"
    try:
        if arguments.passwords_only:
            given = {it["name"]: it["password"] for it in request["accounts"]}
            for name in passwords.set_missing(given):
                say(kind="password", name=name)
        else:
            run(request, Hub(arguments.hub, f"{arguments.state}/workshop-accounts.token"))
    except HubError as error:
        sys.exit(error.text(request.get("stack", "")))
    except UnknownToken:
        if request["do"] != "look":
            sys.exit(RESTART)
        say(kind="wrong", wrong=["the hub does not know who makes accounts"])


if __name__ == "__main__":
    main()
