#!/usr/bin/env bash
# How busy the machine is, a line of JSON each second, until it is told to stop.
#
# DO     watch, or stop: ends the one that watches under the same name
# WATCH  the name
# LIMIT  seconds after which it ends in any case
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

stop_file=/run/workshop-load-$WATCH

if [ "$DO" = stop ]; then
  touch "$stop_file"
  exit
fi

rm -f "$stop_file"
trap 'rm -f "$stop_file"' EXIT
end=$((SECONDS + LIMIT))
# Processor time in ticks: all of it, what nobody used, and what the host took for others (T types
# without credits).
ticks() { awk '/^cpu / { print $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9, $5 + $6, $9 }' /proc/stat; }
read -r all idle steal < <(ticks)
while [ "$SECONDS" -lt "$end" ] && [ ! -e "$stop_file" ]; do
  sleep 1
  read -r all_now idle_now steal_now < <(ticks)
  span=$((all_now - all))
  [ "$span" -gt 0 ] || span=1
  awk -v cpu=$((100 * (span - idle_now + idle) / span)) -v steal=$((100 * (steal_now - steal) / span)) \
    -v disk="$(df --output=used -BM /home | tail -n 1 | tr -dc 0-9)" -v cpus="$(nproc)" '
    /^MemTotal:/ { total = $2 }
    /^MemAvailable:/ { free = $2 }
    END {
      printf "{\"cpu\": %d, \"steal\": %d, \"cpus\": %d, \"memoryMiB\": %d, \"totalMiB\": %d, \"diskMiB\": %d}\n",
        cpu, steal, cpus, (total - free) / 1024, total / 1024, disk
    }' /proc/meminfo
  read -r all idle steal <<<"$all_now $idle_now $steal_now"
done
