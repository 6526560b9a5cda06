"""The hub: whether it answers, who has an account, whose server runs."""

import json
import urllib.error
import urllib.request

HUB = "http://127.0.0.1:15001/hub"
TOKEN_FILE = "/opt/tljh/state/workshop-accounts.token"
PAGE = 100


def _get(path, headers=None, limit=5):
    request = urllib.request.Request(HUB + path, headers=headers or {})
    with urllib.request.urlopen(request, timeout=limit) as answer:
        return answer.read()


def health():
    """An answer of the hub's own port: the proxy is looked at from outside."""
    try:
        _get("/health")
        return {"answers": True, "version": json.loads(_get("/api/"))["version"]}
    except (OSError, ValueError) as error:
        return {"answers": False, "said": str(error)[:200]}


def people():
    """Accounts by number, and servers that run, each with when it was last used."""
    with open(TOKEN_FILE, encoding="ascii") as file:
        headers = {"Authorization": f"token {file.read().strip()}"}
    accounts, servers = 0, []
    while True:
        page = json.loads(_get(f"/api/users?offset={accounts}&limit={PAGE}", headers))
        accounts += len(page)
        for user in page:
            for server in (user.get("servers") or {}).values():
                servers.append(
                    {
                        "name": user["name"],
                        "ready": bool(server.get("ready")),
                        "since": server.get("started"),
                        "used": server.get("last_activity"),
                    }
                )
        if len(page) < PAGE:
            return {"accounts": accounts, "servers": servers}
