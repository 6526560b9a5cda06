#!/usr/bin/env bash
# Whose servers run now: a line for each, the person's name and when something was last done there, in
# ISO 8601 (nothing where the hub does not tell).
#
#   sudo bash scripts/server/servers.sh
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# The token goes over standard input: a command line could be read by everybody.
ask_hub() {
  printf 'Authorization: token %s\n' "$(cat "$hub_accounts_token")" |
    curl -fsS -H @- --max-time 10 'http://127.0.0.1:15001/hub/api/users?state=active'
}

if active=$(ask_hub 2>/dev/null); then
  # shellcheck disable=SC2016
  /opt/tljh/hub/bin/python3 -I -c '
import json, sys

for user in json.load(sys.stdin):
    times = [server.get("last_activity") or "" for server in user["servers"].values()]
    if times:
        print(user["name"], max(times))
' <<<"$active"
else
  # The hub does not answer; servers go on without it.
  systemctl list-units --no-legend --plain --state=active,activating 'jupyter-*.service' |
    sed -nE 's/^jupyter-(.+)\.service .*/\1/p'
fi
