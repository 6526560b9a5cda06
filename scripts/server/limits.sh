#!/usr/bin/env bash
# Step 5.5 of the guide: how much of the machine one participant may take, and when a server that nobody
# uses is stopped. Merged into TLJH's settings; the hub restarts only if something has changed, and
# nobody's notebooks stop. Limits of memory and CPU hold for servers that are started afterwards.
#
# A server counts as used whenever its page asks for something, and when a kernel starts or ends a cell or
# prints, and while a cell computes in silence (class/workshop_server.py).
#
# MEMORY_MIB    most memory of one participant's server
# CPUS          most vCPUs of one; empty: no limit
# IDLE_MINUTES  after which a server is stopped that nobody has used; 0: never
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# Exists from before a setting changes until the hub has read it.
pending=/var/lib/workshop/limits-pending
mkdir -p "${pending%/*}"

# want KEY VALUE: an empty value is none.
want() {
  local now
  now=$(setting "$1")
  [ "$now" != "$2" ] || return 0
  touch "$pending"
  if [ -n "$2" ]; then tljh-config set "$1" "$2"; else tljh-config unset "$1"; fi
  now=$(setting "$1")
  [ "$now" = "$2" ] || fail "TLJH does not take a setting" "$1 is ${now:-not set}" "${2:-none}" \
    "log in and run: sudo tljh-config show; then pulumi up"
}

want limits.memory "${MEMORY_MIB}M"
want limits.cpu "$CPUS"
if [ "$IDLE_MINUTES" = 0 ]; then
  want services.cull.enabled false
  idle="never stopped by itself"
else
  want services.cull.enabled ''
  want services.cull.timeout $((IDLE_MINUTES * 60))
  idle="stopped when nobody has used it for $IDLE_MINUTES minutes"
fi

if [ -e "$pending" ]; then
  reload_hub "The hub does not come back with its limits"
  rm "$pending"
fi
say "Each server has at most $MEMORY_MIB MiB of memory and ${CPUS:-any number of} vCPU, and is $idle. Servers that run now keep their limits until they are started again"
