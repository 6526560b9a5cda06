"""The hub's REST API on the loopback address, as far as accounts need it."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request

# For a hub that is just starting.
PATIENCE_SECONDS = 60
# For a server that is stopping.
STOP_SECONDS = 60
PAGE = 100


class HubError(Exception):
    """What a person is told, in the four parts that all errors of this project have."""

    def __init__(self, wrong, received, allowed, mend="pulumi up"):
        super().__init__(wrong)
        self.parts = (wrong, received, allowed, mend)

    def text(self, stack):
        wrong, received, allowed, mend = self.parts
        if stack:
            mend = mend.replace("pulumi up", f"pulumi up --stack {stack}")
        return f"{wrong}\n  received: {received}\n  allowed:  {allowed}\n  mend:     {mend}"


class UnknownToken(Exception):
    """The hub does not know the service that we are; it learns of it when it starts."""


class Hub:
    def __init__(self, url, token_file):
        self.url = url
        try:
            with open(token_file, encoding="ascii") as file:
                self._token = file.read().strip()
        except OSError:
            self._token = ""

    def _ask(self, method, path, body=None):
        """Status and answer, whatever the status is; waits for a hub that starts."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self._token}", "Content-Type": "application/json"},
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                    return answer.status, json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode(errors="replace")
            except (OSError, ValueError) as error:
                if time.monotonic() > end:
                    raise HubError(
                        "The hub does not answer",
                        f"{method} {path}: {error}",
                        f"an answer at {self.url}",
                        "pulumi up; if it goes on, log in and run: sudo journalctl -u jupyterhub -n 50",
                    ) from error
                time.sleep(0.5)

    def _expect(self, method, path, body, *allowed):
        status, answer = self._ask(method, path, body)
        if status in allowed:
            return answer
        if status in (401, 403):
            raise UnknownToken
        raise HubError(
            "The hub refused a change of its accounts",
            f"{method} {path}: {status} {str(answer)[:300]}",
            f"status {' or '.join(map(str, allowed))}",
            "pulumi up; if it goes on, log in and run: sudo journalctl -u jupyterhub -n 50",
        )

    def users(self):
        """Name to what the hub tells of everybody in its list."""
        found = {}
        while True:
            page = self._expect("GET", f"/users?offset={len(found)}&limit={PAGE}", None, 200)
            if not page:
                return found
            found.update({user["name"]: user for user in page})

    def add_users(self, names):
        """Those who were not there before."""
        if not names:
            return []
        made = self._expect("POST", "/users", {"usernames": names}, 201, 409)
        return [user["name"] for user in made] if isinstance(made, list) else []

    def add_group(self, group):
        self._expect("POST", f"/groups/{group}", {}, 201, 409)

    def change_group(self, method, group, names):
        if names:
            self._expect(method, f"/groups/{group}/users", {"users": names}, 200)

    def remove_user(self, name):
        """Stops the person's server and takes the account away. Whether there was one."""
        path = f"/users/{urllib.parse.quote(name)}"
        if self._expect_user(path) is None:
            return False
        self._ask("DELETE", f"{path}/server")
        end = time.monotonic() + STOP_SECONDS
        while time.monotonic() < end:
            user = self._expect_user(path)
            if user is None or not user.get("servers"):
                break
            time.sleep(0.3)
        self._expect("DELETE", path, None, 204, 404)
        return True

    def _expect_user(self, path):
        status, answer = self._ask("GET", path)
        if status == 404:
            return None
        return answer if status == 200 else self._expect("GET", path, None, 200)
