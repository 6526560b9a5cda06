#!/usr/bin/env bash
# Who gets in, and what participants do not reach: SSH with keys only and nobody as root, the metadata
# service for root alone, and limits of participants' servers. A new machine has the first two from
# its user data already; this puts them in force on one that is older, and verifies all of it.
#
# SSH_USER        the user that logs in
# SSHD_CONFIG     text of scripts/server/sshd.conf
# METADATA_UNIT   text of scripts/server/block-metadata.service
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

sshd_file=/etc/ssh/sshd_config.d/10-workshop.conf
metadata=workshop-block-metadata.service
hub_file=/opt/tljh/config/jupyterhub_config.d/workshop-doors.py

# same FILE: whether it holds what stands on standard input.
same() { cmp -s - "$1"; }

# What a user of that name is asked for, as the SSH server itself sees it.
sshd_says() { sshd -T -C "user=$1,host=elsewhere,addr=203.0.113.1,laddr=203.0.113.2,lport=22"; }

# Connections go on. From Ubuntu 24.04 on systemd listens, on the ports that it reads from this
# configuration; a socket does not start while its service runs.
restart_ssh() {
  systemctl daemon-reload
  if systemctl is-active --quiet ssh.socket; then
    systemctl stop ssh.service
    systemctl restart ssh.socket || systemctl start ssh.service
  else
    systemctl restart ssh
  fi
}

# Nobody is locked out: a configuration that the SSH server does not take is never put in force.
close_ssh() {
  local old='' said port ports
  if ! printf %s "$SSHD_CONFIG" | same $sshd_file; then
    [ ! -e $sshd_file ] || old=$(cat $sshd_file)
    printf %s "$SSHD_CONFIG" | put $sshd_file 644 root:root
    if ! said=$(sshd -t 2>&1); then
      if [ -n "$old" ]; then put $sshd_file 644 root:root <<<"$old"; else rm $sshd_file; fi
      fail "The SSH server does not take its configuration; the old one stays in force" \
        "$(head -n 1 <<<"$said" | tr -d '\r')" "what sshd -t accepts" "correct scripts/server/sshd.conf, then pulumi up"
    fi
    restart_ssh
  fi
  expect_sshd root 'passwordauthentication no' 'kbdinteractiveauthentication no' 'permitrootlogin no'
  expect_sshd "$SSH_USER" 'passwordauthentication no' 'kbdinteractiveauthentication no' \
    'pubkeyauthentication yes' 'denyusers jupyter-\*'
  mapfile -t ports < <(sed -n 's/^Port //p' <<<"$SSHD_CONFIG")
  for port in "${ports[@]}"; do
    wait_until 10 listens "$port" || fail "The SSH server does not listen on all its ports" "nothing on $port" \
      "${ports[*]}" "log in and run: sudo systemctl status ssh ssh.socket; then pulumi up"
  done
  say "SSH: keys only, nobody as root"
}

listens() { ss -Hltn "sport = :$1" | grep -q .; }

# expect_sshd USER LINE…: whatever other files of its configuration say.
expect_sshd() {
  local user=$1 line says
  shift
  says=$(sshd_says "$user")
  for line in "$@"; do
    grep -qx "$line" <<<"$says" || fail "Another file of the SSH server's configuration overrules the workshop's" \
      "$(grep "^${line%% *} " <<<"$says") (for $user)" "${line//\\/}" \
      "log in and run: sudo grep -ri ${line%% *} /etc/ssh/sshd_config /etc/ssh/sshd_config.d; remove that line, then pulumi up"
  done
}

close_metadata() {
  local file=/etc/systemd/system/$metadata
  if ! printf %s "$METADATA_UNIT" | same $file; then
    printf %s "$METADATA_UNIT" | put $file 644 root:root
    systemctl daemon-reload
  fi
  systemctl enable --quiet $metadata
  # Adds what is missing, and never takes away.
  systemctl restart $metadata || fail "The metadata service is open to participants" \
    "$(journalctl -u $metadata -n 2 -o cat --no-pager | tr '\n' ' ')" "a rule of iptables that rejects them" \
    "log in and run: sudo systemctl status $metadata; then pulumi up"
  expect_rejected 169.254.169.254
  if [ -e /proc/net/if_inet6 ]; then expect_rejected '[fd00:ec2::254]'; fi
  say "Metadata service: for root alone"
}

# expect_rejected ADDRESS: a user without rights is turned down at once.
expect_rejected() {
  local status=0
  runuser -u nobody -- curl -gs -o /dev/null --noproxy '*' --max-time 3 "http://$1/" || status=$?
  [ "$status" = 7 ] || fail "The metadata service is open to participants" \
    "curl at $1: exit status $status" "7: rejected" "log in and run: sudo systemctl status $metadata; then pulumi up"
}

hub_text() {
  cat <<'PYTHON'
# What a participant's server does not get, beside what TLJH keeps from it: others' temporary files
# and processes, and the machine's metadata service. A program that has used up the server's memory
# ends, and the server goes on; where all of the machine's is used up, it is a participant's that ends.
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.unit_extra_properties.update(
    {
        "IPAddressDeny": "169.254.169.254 fd00:ec2::254",
        "ProtectProc": "invisible",
        "OOMPolicy": "continue",
        "OOMScoreAdjust": "200",
        "RuntimeDirectory": "jupyter-{USERNAME}",
        "RuntimeDirectoryMode": "0700",
    }
)
# Not in the home: a server shall start, and a kernel, though the data volume is full.
c.Spawner.environment.update(
    {"JUPYTER_RUNTIME_DIR": lambda spawner: f"/run/jupyter-{spawner.user.name}"}
)
PYTHON
}

# Servers that run now get it at their next start.
close_servers() {
  if hub_text | same $hub_file; then return; fi
  install -d -m 755 /opt/tljh
  install -d -m 700 /opt/tljh/config /opt/tljh/config/jupyterhub_config.d
  hub_text | put $hub_file 600 root:root
  systemctl is-active --quiet jupyterhub || return 0
  # The command waits for ever when the hub does not come back.
  timeout 120 tljh-config reload hub >/dev/null || fail "The hub does not come back with the limits of servers" \
    "$(hub_says)" "it answers within two minutes" "pulumi up; if it goes on, log in and run: sudo journalctl -u jupyterhub -n 50"
  expect_hub
}

close_ssh
close_metadata
close_servers
chmod o-rwx "/home/$SSH_USER"
