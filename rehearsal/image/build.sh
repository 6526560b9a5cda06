#!/usr/bin/env bash
# Makes the root filesystem of the rehearsal's machines: Debian bookworm, dressed like Ubuntu's
# image for EC2, as one sparse ext4 file. Needs root; leaves nothing behind but FILE.
#
#   build.sh FILE GIB MIRROR CERTIFICATES       from Debian's packages
#   build.sh FILE GIB --tar TAR CERTIFICATES    from the tar of a root filesystem, kept as it is
#
# CERTIFICATES is a PEM file of authorities the guest shall trust beside Debian's (may be empty).
set -euo pipefail

file=$1 gib=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# A caller's umask, temporary folder or Python settings are not the guest's.
umask 022
unset TMPDIR PYTHONDONTWRITEBYTECODE SSL_CERT_FILE SSL_CERT_DIR

root=$file.root
clean_up() { rm -rf --one-file-system "$root" "$file.part"; }
trap clean_up EXIT
clean_up
mkdir -p "$root"

in_guest() { chroot "$root" "$@"; }

# debootstrap makes the smallest system that has apt, and apt does the rest: debootstrap's own
# --include does not understand dependencies on virtual packages.
from_debian() {
  local mirror=$1 names
  mapfile -t names < <(grep -v '^#' "$here/packages.txt")
  debootstrap --variant=minbase bookworm "$root" "$mirror"
  cat >"$root/etc/apt/sources.list" <<SOURCES
deb $mirror bookworm main
deb $mirror bookworm-updates main
deb ${mirror%/debian}/debian-security bookworm-security main
SOURCES
  # Nothing may start in here.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  in_guest apt-get -q update
  in_guest apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
    install "${names[@]}"
  rm "$root/usr/sbin/policy-rc.d"
  in_guest apt-get clean
  rm -rf "$root"/var/lib/apt/lists/*
  cp -R "$here/files/." "$root/"
  # Each machine makes or is given its own.
  rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
  : >"$root/etc/machine-id"
  in_guest cloud-init clean --logs
}

# One file for each authority, where update-ca-certificates looks for a machine's own.
trust() {
  local bundle=$1 target=$root/usr/local/share/ca-certificates
  [ -s "$bundle" ] || return 0
  mkdir -p "$target"
  awk -v target="$target" '
    /-----BEGIN CERTIFICATE-----/ { out = target "/host-" ++count ".crt" }
    out { print >out }
    /-----END CERTIFICATE-----/ { close(out); out = "" }' "$bundle"
  in_guest update-ca-certificates >/dev/null
  # pip carries its own list of authorities unless it is told otherwise.
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$root/etc/pip.conf"
}

if [ "$3" = --tar ]; then
  tar --extract --file "$4" --directory "$root" --numeric-owner --xattrs --xattrs-include='*'
  trust "$5"
else
  from_debian "$3"
  trust "$4"
fi

truncate --size "${gib}G" "$file.part"
mke2fs -q -F -t ext4 -L cloudimg-rootfs -d "$root" "$file.part"
mv "$file.part" "$file"
