#!/usr/bin/env bash
# Holds the data volume still while a snapshot of it begins: what is in it then is whole. Who writes
# meanwhile waits, some seconds; nobody's work fails.
#
# ACTION        hold: prints "held TIME", and ends when it is released; release: ends it
# SECONDS_HELD  hold: after which it ends by itself, with an error
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

data=/srv/workshop released=/run/workshop-data-released thaw=workshop-data-thaw

if [ "$ACTION" = release ]; then
  : >"$released"
  exit
fi

mountpoint -q $data || fail "The data volume is not mounted" "no mount at $data" "a mounted data volume" "pulumi up"
rm -f "$released"
at=$(date --utc +%Y-%m-%dT%H:%M:%SZ)
# What is written already goes to the disk before anybody has to wait.
sync -f $data
# Should this script be killed, the volume must not stay held.
systemctl stop $thaw.timer 2>/dev/null || true
systemd-run --quiet --collect --unit=$thaw --on-active="$((SECONDS_HELD + 5))" --timer-property=AccuracySec=1s \
  fsfreeze --unfreeze $data
let_go() {
  fsfreeze --unfreeze $data 2>/dev/null || true
  systemctl stop $thaw.timer 2>/dev/null || true
}
trap let_go EXIT
quietly "The data volume cannot be held still" "npm run backup -- --stack $STACK" fsfreeze --freeze $data
printf 'held %s\n' "$at"
for ((tenths = 0; tenths < SECONDS_HELD * 10; tenths++)); do
  [ ! -e "$released" ] || exit 0
  # Where the command was broken off, this ends it: nobody waits for a snapshot that nobody wants.
  printf '.\n'
  sleep 0.1
done
fail "The snapshot did not begin in time; the data volume was let go" "nothing for $SECONDS_HELD s" \
  "an answer of AWS within that time" "npm run backup -- --stack $STACK"
