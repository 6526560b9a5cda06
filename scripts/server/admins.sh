#!/usr/bin/env bash
# Makes the given people administrators, each with a password. A password that is set already stays:
# its owner may have changed it.
#
# ADMINS     list of names
# PASSWORDS  table of name to password; secret
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

python=/opt/tljh/hub/bin/python3

# Names and passwords come on standard input: a command line could be read by everybody.
{
  for name in "${ADMINS[@]}"; do printf '%s\n%s\n' "$name" "${PASSWORDS[$name]}"; done
} | $python -c '
import dbm, sys

import bcrypt

lines = sys.stdin.read().splitlines()
with dbm.open("/opt/tljh/state/passwords.dbm", "c", 0o600) as passwords:
    for name, password in zip(lines[::2], lines[1::2]):
        if name.encode() in passwords:
            print(f"{name}: has a password")
        else:
            passwords[name] = bcrypt.hashpw(password.encode(), bcrypt.gensalt())
            print(f"{name}: password set")
'

listed=$(tljh-config show | $python -c '
import sys, yaml
print("\n".join((yaml.safe_load(sys.stdin) or {}).get("users", {}).get("admin") or []))')
changed=no
for name in "${ADMINS[@]}"; do
  grep -qxF "$name" <<<"$listed" && continue
  tljh-config add-item users.admin "$name"
  say "$name: administrator from now on"
  changed=yes
done
for name in $listed; do
  printf '%s\n' "${ADMINS[@]}" | grep -qxF "$name" && continue
  tljh-config remove-item users.admin "$name"
  say "$name: no longer an administrator"
  changed=yes
done

if [ "$changed" = yes ]; then
  # The command waits for ever when the hub does not come back.
  timeout 120 tljh-config reload hub >/dev/null || fail "The hub does not come back with the new administrators" \
    "$(hub_says)" "it answers within two minutes" "pulumi up; if it goes on, log in and run: sudo journalctl -u jupyterhub -n 50"
fi
expect_hub
