#!/bin/sh
# First program of a machine; becomes its init. Handed to the container as text, so that any image
# will do.

# With cgroups of version 1, podman lays the hierarchy of this computer's own systemd over the
# container's. Two machines would take each other's services for their own.
if grep -q ' /sys/fs/cgroup/systemd .*name=systemd' /proc/self/mountinfo; then
  umount /sys/fs/cgroup/systemd/release_agent 2>/dev/null
  umount /sys/fs/cgroup/systemd
fi

# With them, podman also mounts the controllers read-only in a container that has no access to all
# devices of this computer; systemd needs them for the limits of its units.
for at in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  mount -o remount,bind,rw "$at" 2>/dev/null
done

# As on a machine, and unlike in a container: what is unmounted is so for services, too, that see
# the file system through a namespace of their own.
mount --make-rshared /

units=/run/systemd/system

# The kernel ends a container the same way for `poweroff` as for `reboot`, with a failure, and
# podman starts it again. An orderly exit leaves it down, as a machine that was switched off.
mkdir -p "$units/systemd-poweroff.service.d"
cat >"$units/systemd-poweroff.service.d/exit.conf" <<'UNIT'
[Unit]
SuccessAction=exit-force
SuccessActionExitStatus=0
UNIT

# Where there is no udev, systemd passes over the volumes in /etc/fstab. Unlike EC2, a volume that
# is missing does not end in emergency mode.
mkdir -p "$units/local-fs.target.wants"
cat >"$units/fstab-volumes.service" <<'UNIT'
[Unit]
Description=Mount the volumes in /etc/fstab
DefaultDependencies=no
After=systemd-remount-fs.service
Before=local-fs.target

[Service]
Type=oneshot
ExecStart=/bin/mount --all
UNIT
ln -sf ../fstab-volumes.service "$units/local-fs.target.wants/"

# What the machine has to know of the world outside; see outside.sh.
tell=/var/lib/rehearsal/outside.sh
[ ! -e "$tell" ] || sh "$tell"

exec /sbin/init
