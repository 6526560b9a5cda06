#!/usr/bin/env bash
# Step 3.2 of the guide: brings the system up to date, without questions, keeping changed
# configuration files; from then on security updates install themselves, and restart neither the
# machine nor anything that participants use.
#
# APT_WAIT_MINUTES  how long to wait for another package installation
#
#   sudo APT_WAIT_MINUTES=15 bash scripts/server/system-update.sh
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

need_space / 1024 "updates of the system"

# needrestart would restart services whose libraries changed, in the middle of a lesson.
put /etc/needrestart/conf.d/workshop.conf 644 root:root <<'CONF'
$nrconf{override_rc}{qr(^(jupyterhub|traefik|jupyter-.*)\.service$)} = 0;
CONF
put /etc/apt/apt.conf.d/52-workshop 644 root:root <<'CONF'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "false";
CONF

# Whatever an interrupted run left half-installed.
packaging dpkg --configure -a
say "Looking for updates"
apt update
count=$(apt-get -s upgrade 2>/dev/null | grep -c '^Inst ' || true)
say "Installing $count updates"
apt upgrade
say "Up to date: $(. /etc/os-release && echo "$PRETTY_NAME"), Python $(python3 -c 'import platform; print(platform.python_version())')"
