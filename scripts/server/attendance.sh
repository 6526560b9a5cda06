#!/usr/bin/env bash
# Prints who logged in and whose server ran: what work/logins.py and work/sample.py have written.
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

log=/opt/tljh/state/workshop-attendance.jsonl

# Up to this minute, and not to the last of the five.
/usr/local/sbin/workshop-attendance || fail "Nobody notes who is here" \
  "no /usr/local/sbin/workshop-attendance that succeeds" "the timer workshop-attendance runs it" "pulumi up"
[ ! -e "$log" ] || cat "$log"
