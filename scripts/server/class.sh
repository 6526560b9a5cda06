#!/usr/bin/env bash
# What keeps a class at work when one participant's program or the network does not behave:
# - who takes all the memory loses a notebook's kernel, not the server, and nobody else loses anything;
# - who fills the disk stops the own writing, see class/homes.py, and a disk that is full keeps no server
#   from starting;
# - a network that is away loses no output, and pages connect again by themselves;
# - a cell that computes in silence is not ended as idle, see class/workshop_server.py.
#
# Servers that run now get it at their next start. Hub and proxy go on.
#
# HOME_MIB   what a participant's home may have at most; 0: no limit
# PROGRAMS   table of file name to text: the files of the folder `class`; by hand that folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

if ! declare -p PROGRAMS >/dev/null 2>&1; then
  declare -A PROGRAMS
  for file in "$(dirname "$0")"/class/*; do PROGRAMS[$(basename "$file")]=$(cat "$file"); done
fi

user=/opt/tljh/user
kept=/usr/local/lib/workshop
extension=$user/share/jupyter/labextensions/workshop-reconnect
guard=workshop-homes.service
# A notebook with pictures is smaller; so many of them do not fill a disk before somebody notices.
small_mib=16
look_seconds=5

# bring FILE: standard input becomes the file; whether it was another one.
bring() {
  local text
  text=$(cat)
  if cmp -s "$1" <<<"$text"; then return 1; fi
  printf '%s\n' "$text" | put "$1" 644 root:root
}

jupyter() {
  bring $user/share/workshop/workshop_server.py <<<"${PROGRAMS[workshop_server.py]}" || true
  bring $user/etc/jupyter/jupyter_server_config.py <<<"${PROGRAMS[jupyter_server_config.py]}" || true
  bring $user/etc/ipython/ipython_kernel_config.py <<<"${PROGRAMS[ipython_kernel_config.py]}" || true
  chmod 755 $user/share/workshop $user/etc/jupyter $user/etc/ipython
  local said
  said=$(runuser -u nobody -- env -i HOME=/nonexistent $user/bin/python3 -I -B -c \
    "import sys; sys.path.append('$user/share/workshop'); import workshop_server" 2>&1) ||
    say "This Jupyter is not the one that these settings were made for, and does without them: $(tail -n 1 <<<"$said")"
}

# The name of the first file changes with its text: browsers keep files of that name.
lab_extension() {
  local entry
  entry=remoteEntry.$(printf '%s' "${PROGRAMS[reconnect.js]}" | sha256sum | cut -c1-12).js
  bring "$extension/static/$entry" <<<"${PROGRAMS[reconnect.js]}" || true
  find "$extension/static" -type f ! -name "$entry" -delete
  bring "$extension/package.json" <<JSON || true
{
  "name": "workshop-reconnect",
  "version": "1.0.0",
  "description": "Connects kernels and terminals again after a long loss of the network",
  "license": "MIT",
  "jupyterlab": {
    "extension": true,
    "_build": { "load": "static/$entry", "extension": "./extension" }
  }
}
JSON
  chmod 755 $user/share/jupyter/labextensions "$extension" "$extension/static"
}

# Jupyter looks in a home that has none of its folders yet for what IPython left there before 2015, and
# writes down that it has: on a full disk no server would start.
nothing_to_migrate() {
  local home lines='mkdir -p ~/.jupyter && touch ~/.jupyter/migrated'
  install -d -m 755 /etc/skel/.jupyter
  touch /etc/skel/.jupyter/migrated
  for home in /home/jupyter-*; do
    # As its owner, who can lead a link elsewhere. A disk that is full already is the doctor's to tell.
    [ -e "$home/.jupyter/migrated" ] || [ ! -d "$home" ] ||
      runuser -u "${home##*/}" -- bash -c "$lines" 2>/dev/null || true
  done
}

# Where all memory of the machine is used up, it is a participant's program that ends.
protect_hub() {
  local unit pid changed=no
  for unit in jupyterhub traefik; do
    bring /etc/systemd/system/$unit.service.d/workshop-class.conf <<<$'[Service]\nOOMScoreAdjust=-500' && changed=yes
    pid=$(systemctl show --property=MainPID --value $unit)
    # A machine in a container may not.
    [ "${pid:-0}" = 0 ] || choom -n -500 -p "$pid" >/dev/null 2>&1 || true
  done
  [ $changed = no ] || systemctl daemon-reload
}

limit_homes() {
  local changed=no
  if [ "$HOME_MIB" = 0 ]; then
    systemctl disable --quiet --now $guard 2>/dev/null || true
    rm -f /etc/workshop/homes.json /run/workshop-homes.json
    [ ! -e $kept/homes.py ] || /usr/bin/python3 -I -B $kept/homes.py --free
    say "Homes have no limit"
    return
  fi
  bring $kept/homes.py <<<"${PROGRAMS[homes.py]}" && changed=yes
  bring /etc/workshop/homes.json <<JSON && changed=yes
{"bytes": $((HOME_MIB * 1024 * 1024)), "small": $((small_mib * 1024 * 1024)), "seconds": $look_seconds}
JSON
  bring /etc/systemd/system/$guard <<UNIT && changed=yes
[Unit]
Description=No participant fills the disk of all
Requires=workshop-data.service
After=workshop-data.service

[Service]
ExecStart=/usr/bin/python3 -I -B $kept/homes.py
Restart=always
RestartSec=5
Nice=10
IOSchedulingClass=idle
MemoryMax=300M

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet $guard
  if [ $changed = yes ]; then systemctl restart $guard; else systemctl start $guard; fi
  sleep 0.5
  systemctl is-active --quiet $guard || fail "Homes cannot be kept to their limit" \
    "$(journalctl -u $guard -n 3 -o cat --no-pager | tr '\n' ' ')" "$guard runs" \
    "log in and run: sudo journalctl -u $guard; then pulumi up"
  say "A participant's home may have $HOME_MIB MiB"
}

jupyter
lab_extension
nothing_to_migrate
protect_hub
limit_homes
