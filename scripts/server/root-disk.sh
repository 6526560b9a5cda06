#!/usr/bin/env bash
# The root volume's file system fills its volume. cloud-init sees to that when the machine starts; a
# volume that became larger meanwhile is grown into here, while all goes on.
# https://docs.aws.amazon.com/ebs/latest/userguide/recognize-expanded-volume-linux.html
#
# DISK_GIB         size of the root volume
# APT_WAIT_MINUTES how long to wait for another package installation
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

source=$(findmnt -n -o SOURCE /)
kind=$(findmnt -n -o FSTYPE /)
if [ ! -b "$source" ]; then
  say "The root file system ($kind) has no volume of its own: nothing to grow"
  exit 0
fi

gib() { echo $(($1 / 1024 / 1024 / 1024)); }
bytes() { blockdev --getsize64 "$1"; }
# 64 MiB: what a partition table and a last incomplete block leave.
slack=$((64 * 1024 * 1024))

disk=$(lsblk -n -d -o PKNAME "$source" | head -n 1)
volume=${disk:+/dev/$disk}
volume=${volume:-$source}
is_large() { [ "$(bytes "$volume")" -ge $((DISK_GIB * 1024 * 1024 * 1024)) ]; }
wait_until 60 is_large || fail "The root volume is not as large as it should be" \
  "$volume has $(gib "$(bytes "$volume")") GiB" "$DISK_GIB GiB (diskGiB)" "pulumi up --refresh"

if [ -n "$disk" ] && [ $(($(bytes "$source") + slack)) -lt "$(bytes "$volume")" ]; then
  command -v growpart >/dev/null || apt install cloud-guest-utils
  say "Growing the root partition"
  number=$(cat "/sys/class/block/${source##*/}/partition")
  # Other partitions (boot, EFI) stand before the root's on Ubuntu's images.
  # It needs some room, which a full disk does not have.
  TMPDIR=/run quietly "The root partition cannot be grown" \
    "on the server, when nobody works: sudo reboot; then pulumi up" growpart "$volume" "$number"
fi

before=$(df --output=size -B1 / | tail -n 1)
case $kind in
ext4) quietly "The root file system cannot be grown" "pulumi up" resize2fs "$source" ;;
xfs) quietly "The root file system cannot be grown" "pulumi up" xfs_growfs / ;;
*) say "The root file system is $kind: it grows when the machine starts, if at all" ;;
esac
after=$(df --output=size -B1 / | tail -n 1)
[ "$after" = "$before" ] || say "The root file system has grown from $(gib "$before") to $(gib "$after") GiB"
say "Root volume: $(gib "$(bytes "$volume")") GiB, $(free_mib /) MiB free"
