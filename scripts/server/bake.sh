#!/usr/bin/env bash
# Copies this machine's system to a blank volume, for an image that other machines start from: TLJH's
# environments with all packages, without the workshop. What belongs to the workshop, to a person or to
# this one machine is left out from the start (bake/keep.py says what), so that it is not in the volume's
# free blocks either. The machine goes on; nothing of it is changed or stopped.
#
# All mounts are in a namespace of this program's own, and gone when it ends, however it does.
#
# ACTION           copy; stop: ends one that was left running; free: an error where one is running
# VOLUME_ID        the blank volume, attached, such as vol-0123456789abcdef0
# SECRETS          list of texts that must not be in the copy
# APT_WAIT_MINUTES how long to wait for another package installation
# PROGRAMS         table of file name to text: the files of the folder `bake`; by hand that folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

pid_file=/run/workshop-bake.pid
again="npm run bake -- --stack ${STACK:-NAME}"

is_baking() { [ -s $pid_file ] && grep -qa workshop-bake "/proc/$(cat $pid_file)/cmdline" 2>/dev/null; }

clean_up() {
  rm -rf "${folder:-}" $pid_file /dev/workshop-bake-*
  rmdir /run/workshop-bake-live /run/workshop-bake-image 2>/dev/null || true
}

if [ "$ACTION" = stop ]; then
  if is_baking; then kill -TERM -- "-$(cat $pid_file)" 2>/dev/null || true; fi
  wait_until 30 eval '! is_baking' || fail "The copying does not end" "process $(cat $pid_file)" \
    "it ends within 30 s" "log in and run: sudo kill -9 $(cat $pid_file)"
  # What had started it is done then, too.
  exec 8>/run/workshop-bake.lock
  flock -w 30 8 || true
  clean_up
  exit 0
fi

exec 8>/run/workshop-bake.lock
flock -n 8 || fail "Another image of this machine is being made" "process $(cat $pid_file 2>/dev/null)" \
  "one at a time" "$again, in some minutes"
[ "$ACTION" = copy ] || exit 0
exec 9>/run/workshop-packages.lock
flock -w $((${APT_WAIT_MINUTES:-15} * 60)) 9 || fail "Another change of the packages does not end" \
  "/run/workshop-packages.lock is held" "it ends within ${APT_WAIT_MINUTES:-15} minutes" "$again, in some minutes"

device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VOLUME_ID/-/}
say "Waiting for the volume"
wait_until 120 test -b "$device" || fail "The image's volume is not attached to the machine" \
  "no $device" "the volume $VOLUME_ID, attached" "$again"

folder=$(mktemp -d /run/workshop-bake.XXXXXX)
trap clean_up EXIT
unpack_programs "$folder" "$(dirname "$0")"/bake/*.py
sync
status=0
# A session of its own: whoever gives it up ends all of it.
printf '%s\0' "${SECRETS[@]}" | PID_FILE=$pid_file AGAIN=$again \
  setsid --wait nice -n 19 unshare --mount --propagation private \
  /usr/bin/python3 -I -B "$folder/bake.py" workshop-bake "$device" 8>&- 9>&- || status=$?
# What failed has said so.
exit $status
