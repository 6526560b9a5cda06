#!/bin/sh
# First program of a machine; becomes its init. Handed to the container as text, so that any image
# will do.

# With cgroups of version 1, podman mounts the controllers read-only in a container that has no
# access to all devices of this computer; systemd needs them for the limits of its units.
for at in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  mount -o remount,bind,rw "$at" 2>/dev/null
done

# The kernel ends a container the same way for `poweroff` as for `reboot`, with a failure, and
# podman starts it again. An orderly exit leaves it down, as a machine that was switched off.
drop_in=/run/systemd/system/systemd-poweroff.service.d
mkdir -p "$drop_in"
printf '[Unit]\nSuccessAction=exit-force\nSuccessActionExitStatus=0\n' >"$drop_in/exit.conf"

exec /sbin/init
