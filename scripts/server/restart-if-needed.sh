#!/usr/bin/env bash
# Restarts the machine when an update asks for it; done once, before TLJH is installed. Returns
# before the machine goes down; nobody can log in again before it is back, since no new SSH
# connection is taken from here on.
#
#   sudo bash scripts/server/restart-if-needed.sh
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

if [ ! -e /run/reboot-required ]; then
  say "No restart needed"
  exit 0
fi
if systemctl is-active --quiet jupyterhub.service; then
  say "An update asks for a restart, but the hub is in use: sudo reboot, when nobody works"
  exit 0
fi
say "Restarting the machine for: $(tr '\n' ' ' </run/reboot-required.pkgs 2>/dev/null || echo updates)"
systemctl stop ssh.socket 2>/dev/null || true
systemctl stop ssh.service
systemd-run --quiet --on-active=2 systemctl reboot
