#!/usr/bin/env bash
# Runs a step of the set-up under a systemd unit and shows what it prints, so that a dropped
# connection does not end it. The step is the part of this same file below the line "---- step ----".
#
# The unit's name has a hash of the step's text and values. Sent again while it runs, the step is
# found and watched to its end; another version of the same step is stopped first.
#
# STEP           name of the step
# LIMIT_MINUTES  after which systemd ends it

# In a function, so that half of it, from a connection that broke, does nothing.
main() {
  set -euo pipefail
  shopt -s nullglob
  umask 077

  runs=/run/workshop
  logs=/var/log/workshop
  mkdir -p "$runs" "$logs"

  body=$(sed '1,/^# ---- step ----$/d' "$0")
  if [ "$(tail -n 1 <<<"$body")" != "# ---- end ----" ]; then
    echo "The connection broke while the step was sent; nothing of it was run. Run: pulumi up" >&2
    exit 1
  fi
  hash=$(sha256sum <<<"$body" | cut -c1-12)
  unit=workshop-$STEP-$hash
  script=$runs/$unit.sh exit_file=$runs/$unit.exit error_file=$runs/$unit.error log=$logs/$STEP.log

  runs_now() { systemctl is-active --quiet "$1.service"; }

  for other in "$runs/workshop-$STEP"-*.sh; do
    [ "$other" = "$script" ] && continue
    old=$(basename "$other" .sh)
    echo "Stopping an older version of this step ($old)"
    systemctl stop "$old.service" 2>/dev/null || true
    rm -f "$runs/$old".*
  done

  if runs_now "$unit"; then
    echo "This step is running already: watching it"
  else
    rm -f "$runs/$unit".*
    printf '%s\n' "$body" >"$script"
    : >"$log"
    # The names are expanded by the unit's own shell.
    # shellcheck disable=SC2016
    systemd-run --quiet --collect --unit="$unit" --description="Workshop set-up: $STEP" \
      --property=RuntimeMaxSec="${LIMIT_MINUTES}min" --property=KillMode=control-group \
      --setenv=HOME=/root --setenv=LC_ALL=C.UTF-8 \
      bash -c 'bash "$1" >>"$4" 2>"$3"; r=$?; rm -f "$1"; echo "$r" >"$2.part"; mv "$2.part" "$2"' \
      step "$script" "$exit_file" "$error_file" "$log"
  fi

  # Longer lines than this have stopped the engine before; nobody reads them.
  pid=$(systemctl show --property=MainPID --value "$unit.service")
  if [ "${pid:-0}" != 0 ]; then
    tail -n +1 -s 0.2 -f --pid="$pid" "$log" | sed -u -E 's/^(.{2000}).*/\1…/'
  else
    cut -c1-2000 "$log"
  fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if [ -e "$exit_file" ] || ! runs_now "$unit"; then break; fi
    sleep 0.2
  done

  if [ ! -e "$exit_file" ]; then
    rm -f "$script"
    cat >&2 <<ERROR
The step $STEP was ended before it was done
  received: $(systemctl is-system-running 2>/dev/null || true), uptime $(cut -d. -f1 /proc/uptime) s
  allowed:  at most $LIMIT_MINUTES minutes, enough memory, no restart of the machine meanwhile
  mend:     pulumi up
ERROR
    exit 1
  fi
  result=$(cat "$exit_file")
  cut -c1-2000 "$error_file" >&2
  rm -f "$exit_file" "$error_file"
  exit "$result"
}
main
