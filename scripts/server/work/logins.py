# Who logs in, for `npm run attendance`: a line each, beside the samples of sample.py. Part of the hub's
# configuration.
import json
import time


def note_login(authenticator, handler, authentication):
    if authentication:
        line = json.dumps({"at": int(time.time()), "login": authentication["name"]})
        try:
            with open("/opt/tljh/state/workshop-attendance.jsonl", "a", encoding="ascii") as log:
                log.write(line + "\n")
        except OSError:
            # A full disk must keep nobody out.
            pass
    return authentication


c.Authenticator.post_auth_hook = note_login  # noqa: F821
