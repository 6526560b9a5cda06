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
$nrconf{override_rc}{qr(^(jupyterhub|traefik|jupyter-.*|workshop-.*)\.service$)} = 0;
CONF
# Ubuntu's and Debian's security updates and nothing else. The names are filled in by
# unattended-upgrades; what belongs to another distribution fits nothing.
put /etc/apt/apt.conf.d/52-workshop 644 root:root <<'CONF'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
#clear Unattended-Upgrade::Allowed-Origins;
#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern {
  "origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu";
  "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";
};
Unattended-Upgrade::Automatic-Reboot "false";
CONF

# They are looked for each hour and installed while nobody's server runs; after two days in which
# somebody's always did, they no longer wait for that.
put /usr/local/sbin/workshop-nobody-works 755 root:root <<'SCRIPT'
#!/bin/sh
# Whether updates may be installed now; see apt-daily-upgrade.service.
find /var/lib/apt/periodic/upgrade-stamp -mmin -2880 2>/dev/null | grep -q . || exit 0
! systemctl list-units --no-legend --state=active,activating 'jupyter-*.service' | grep -q .
SCRIPT
put /etc/systemd/system/apt-daily-upgrade.service.d/workshop.conf 644 root:root <<'UNIT'
[Service]
ExecCondition=/usr/local/sbin/workshop-nobody-works
UNIT
put /etc/systemd/system/apt-daily-upgrade.timer.d/workshop.conf 644 root:root <<'UNIT'
[Timer]
OnCalendar=
OnCalendar=hourly
RandomizedDelaySec=10m
UNIT
systemctl daemon-reload

# Whatever an interrupted run left half-installed.
packaging dpkg --configure -a
say "Looking for updates"
apt update
count=$(apt-get -s upgrade 2>/dev/null | grep -c '^Inst ' || true)
say "Installing $count updates"
apt upgrade
# Ubuntu's images have both.
apt install --no-install-recommends needrestart unattended-upgrades
systemctl enable --quiet --now apt-daily.timer apt-daily-upgrade.timer
say "Up to date: $(. /etc/os-release && echo "$PRETTY_NAME"), Python $(python3 -c 'import platform; print(platform.python_version())')"
