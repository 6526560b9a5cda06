#!/usr/bin/env bash
# The hub's accounts: administrators, helpers, participants and spare ones, each with a password. A
# password that is set already stays: its owner may have changed it. Nothing here restarts the hub,
# but another list of administrators; nobody's notebooks stop then.
#
# REQUEST   what to do, in JSON; see accounts/accounts.py. Has passwords in it: secret
# ADMINS    list of all administrators' names; unset: they stay as they are
# PROGRAMS  table of file name to text: the files of the folder `accounts`; by hand that folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

python=/opt/tljh/hub/bin/python3

folder=$(mktemp -d /run/workshop-accounts.XXXXXX)
trap 'rm -rf "$folder"' EXIT
unpack_programs "$folder" "$(dirname "$0")"/accounts/*.py

# The request goes over standard input: a command line could be read by everybody.
accounts() { printf '%s' "$REQUEST" | $python -I "$folder/accounts.py" "$@"; }

reload=no

# sync_admins: the list in TLJH's configuration, which gives sudo.
sync_admins() {
  local name listed
  listed=$(tljh-config show | $python -c '
import sys, yaml
print("\n".join((yaml.safe_load(sys.stdin) or {}).get("users", {}).get("admin") or []))')
  for name in "${ADMINS[@]}"; do
    grep -qxF "$name" <<<"$listed" && continue
    tljh-config add-item users.admin "$name"
    say "$name: administrator from now on"
    reload=yes
  done
  for name in $listed; do
    printf '%s\n' "${ADMINS[@]}" | grep -qxF "$name" && continue
    tljh-config remove-item users.admin "$name"
    say "$name: no longer an administrator"
    reload=yes
  done
}

if declare -p ADMINS >/dev/null 2>&1; then
  # Before anybody can log in by a new name: the first who did would choose its password.
  accounts --passwords-only
  sync_admins
  # A server that was installed before there was this.
  hub_accounts_text | cmp -s - "$hub_accounts_file" && [ -s "$hub_accounts_token" ] || reload=yes
  if [ "$reload" = yes ]; then
    hub_accounts
    reload_hub "The hub does not come back with its accounts"
  fi
fi

status=0
accounts || status=$?
if [ "$status" = 75 ] && declare -p ADMINS >/dev/null 2>&1; then
  # The hub makes administrators, and learns who makes accounts, when it starts. An administrator was
  # deleted in its admin page, or its configuration was changed by hand.
  reload_hub "The hub does not come back with its accounts"
  status=0
  accounts || status=$?
fi
[ "$status" != 75 ] || fail "The hub does not take what it is told of accounts" "$(hub_says)" \
  "a hub that has read $hub_accounts_file" "pulumi up"
exit "$status"
