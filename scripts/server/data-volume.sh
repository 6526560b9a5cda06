#!/usr/bin/env bash
# Home folders and the hub's state (passwords, certificates) live on the data volume, which outlives
# the machine. Blank, it is formatted; with a file system, nothing in it is ever overwritten.
#
# DATA_VOLUME_ID  EBS volume, such as vol-0123456789abcdef0
# DATA_GIB        its size, so that a larger one is grown into
#
#   sudo DATA_VOLUME_ID=vol-… bash scripts/server/data-volume.sh
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# Nitro machines show every volume as NVMe in any order; udev names it by its id.
device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${DATA_VOLUME_ID/-/}
data=/srv/workshop
service=workshop-data.service

say "Waiting for the data volume"
wait_until 120 test -b "$device" || fail "The data volume is not attached to the machine" \
  "no $device" "the volume $DATA_VOLUME_ID, attached" "pulumi up --refresh"

kind=$(blkid -o value -s TYPE "$device" || true)
if [ -z "$kind" ]; then
  # Neither a file system nor a partition table: nothing that could be lost.
  [ -z "$(blkid -p "$device" || true)" ] || fail "The data volume holds something unknown" \
    "$(blkid -p "$device")" "a blank volume, or one with ext4" \
    "look at it on the server: sudo blkid -p $device"
  say "Formatting the blank data volume"
  quietly "The data volume cannot be formatted" "pulumi up" \
    mkfs.ext4 -q -L workshop-data "$device"
elif [ "$kind" != ext4 ]; then
  fail "The data volume has a file system that was not made here" "$kind" "ext4" \
    "look at it on the server: sudo mount $device /mnt"
fi

# A service and not a line of fstab: should the volume be missing, the machine still starts and can
# be logged in to, but the hub does not start on empty home folders.
put /usr/local/sbin/workshop-data 755 root:root <<SCRIPT 
#!/usr/bin/env bash
# Mounts the data volume; see $service.
set -euo pipefail
for _ in \$(seq 120); do [ -b $device ] && break; sleep 1; done
mkdir -p $data
mountpoint -q $data || {
  # Checked in full, since it may have to grow with its volume. Up to 1 all is well.
  fsck.ext4 -f -p $device || [ \$? -le 1 ]
  resize2fs $device
  mount -o noatime,nodev,nosuid $device $data
}
mkdir -p $data/home $data/tljh-state /opt/tljh/state
chmod 755 $data $data/home
chmod 700 $data/tljh-state
mountpoint -q /opt/tljh/state || mount --bind $data/tljh-state /opt/tljh/state
if ! mountpoint -q /home; then
  # Whoever has a home on the new machine keeps it; whoever logs in over SSH has the new keys.
  for home in /home/*/; do
    name=\$(basename "\$home")
    if [ -d "$data/home/\$name" ]; then
      [ ! -d "\$home/.ssh" ] || cp -a "\$home/.ssh/." "$data/home/\$name/.ssh/"
    else
      cp -a "\$home" "$data/home/"
    fi
  done
  mount --bind $data/home /home
fi
SCRIPT

put /etc/systemd/system/$service 644 root:root <<UNIT
[Unit]
Description=Home folders and the hub's state on the data volume
Before=jupyterhub.service traefik.service ssh.service
After=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/workshop-data
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
UNIT
for unit in jupyterhub traefik; do
  put /etc/systemd/system/$unit.service.d/workshop-data.conf 644 root:root <<UNIT
[Unit]
Requires=$service
After=$service
UNIT
done
# A rule that leads nowhere keeps Traefik from reading any, and so everybody from the hub.
put /etc/systemd/system/traefik.service.d/workshop-rules.conf 644 root:root <<'UNIT'
[Service]
ExecStartPre=-/usr/bin/find /opt/tljh/state/rules -xtype l -delete
UNIT
systemctl daemon-reload

say "Mounting the data volume"
systemctl enable --quiet $service
systemctl start $service || fail "The data volume cannot be mounted" \
  "$(journalctl -u $service -n 3 -o cat | tr '\n' ' ')" "an attached volume with ext4" "pulumi up"
if ! mountpoint -q /home || ! mountpoint -q /opt/tljh/state; then systemctl restart $service; fi

# A larger volume is grown into while it is mounted; where the kernel refuses that, at the next start.
fills_device() {
  local header blocks size
  header=$(dumpe2fs -h "$device" 2>/dev/null)
  blocks=$(sed -n 's/^Block count: *//p' <<<"$header")
  size=$(sed -n 's/^Block size: *//p' <<<"$header")
  [ $((blocks * size + 64 * 1024 * 1024)) -ge "$(blockdev --getsize64 "$device")" ]
}
if ! fills_device; then
  said=$(resize2fs "$device" 2>&1) || true
  fills_device || say "The data volume's file system grows at the next start of the machine (${said##*: })"
fi

# A new machine does not know the participants whose files are on the volume. Each gets the user
# number again that owns the files.
for home in /home/jupyter-*/; do
  [ -d "$home" ] || continue
  name=$(basename "$home")
  id -u "$name" >/dev/null 2>&1 && continue
  uid=$(stat -c %u "$home") gid=$(stat -c %g "$home")
  getent group "$gid" >/dev/null || groupadd --gid "$gid" "$name"
  useradd --uid "$uid" --gid "$gid" --no-create-home --home-dir "${home%/}" --shell /bin/bash "$name"
done

mountpoint -q /home || fail "Home folders are not on the data volume" "$(findmnt -n -o SOURCE -T /home)" \
  "$device" "pulumi up"
say "Data volume: ${DATA_GIB:-?} GiB, $(free_mib /home) MiB free"
