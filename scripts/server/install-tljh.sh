#!/usr/bin/env bash
# Step 3.3 of the guide: installs The Littlest JupyterHub by its own bootstrap script, of a pinned
# version and SHA-256, and verifies that the hub answers and that a participant's environment works.
#
# TLJH_VERSION      such as 2.0.0
# BOOTSTRAP_URL     where the script is downloaded
# BOOTSTRAP_SHA256  what it must be
# CONSTRAINTS       pip constraints that hold what the installer takes from PyPI
# ADMINS            list of the administrators' names
# APT_WAIT_MINUTES  how long to wait for another package installation
# PROGRAMS          table of file name to text: the files of the folder `work`; by hand that folder is taken
# HUB               table of file name to text: the files of the folder `hub`; by hand that folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

hub=/opt/tljh/hub user=/opt/tljh/user
logins_file=/opt/tljh/config/jupyterhub_config.d/workshop-logins.py
keep=/var/lib/workshop
done_file=$keep/tljh-installed
want="$TLJH_VERSION $BOOTSTRAP_SHA256 $(sha256sum <<<"$CONSTRAINTS" | cut -c1-12)"
mkdir -p "$keep"

# Half an installation counts as one for the bootstrap, which then fails at every further run.
remove_half_installation() {
  [ ! -e "$done_file" ] || return 0
  if [ -d $hub ] && ! $hub/bin/python3 -m pip --version >/dev/null 2>&1; then
    say "Removing half of a hub environment, left by an interrupted installation"
    rm -rf $hub
  fi
  # JupyterLab and nbgitpuller are only ever put into a fresh user environment.
  if [ -d $user ] && ! user_environment_works; then
    say "Removing half of a user environment, left by an interrupted installation"
    rm -rf $user
  fi
}

user_environment_works() {
  runuser -u nobody -- env -i HOME=/nonexistent PATH=$user/bin:/usr/bin:/bin \
    $user/bin/python3 -c 'import ipykernel, jupyter_archive, jupyterhub, jupyterlab, nbgitpuller' >/dev/null 2>&1
}

download() {
  local file=$1 sum
  say "Downloading TLJH's bootstrap"
  quietly "TLJH's bootstrap cannot be downloaded from $BOOTSTRAP_URL" \
    "pulumi config set bootstrapUrl https://…, if the address is wrong; then pulumi up" \
    curl -fsSL --retry 5 --retry-all-errors --max-time 120 -o "$file" "$BOOTSTRAP_URL"
  sum=$(sha256sum "$file" | cut -d' ' -f1)
  [ "$sum" = "$BOOTSTRAP_SHA256" ] || fail \
    "TLJH's bootstrap is not the file that it should be; nothing of it was run" \
    "SHA-256 $sum from $BOOTSTRAP_URL" "$BOOTSTRAP_SHA256 (bootstrapSha256)" \
    "if you trust the new file: pulumi config set bootstrapSha256 $sum, then pulumi up"
}

# program NAME: the text of a file of the folder `work`.
program() {
  if declare -p PROGRAMS >/dev/null 2>&1; then printf '%s' "${PROGRAMS[$1]}"; else cat "$(dirname "$0")/work/$1"; fi
}

folder='' timers=(apt-daily.timer apt-daily-upgrade.timer)
clean_up() {
  rm -rf "$folder"
  systemctl start "${timers[@]}" 2>/dev/null || true
}

install() {
  local admin arguments=(--version "$TLJH_VERSION")
  need_space / 3072 "The Littlest JupyterHub"
  need_space /opt/tljh/state 200 "the hub's state"
  folder=$(mktemp -d)
  trap clean_up EXIT
  download "$folder/bootstrap.py"
  # The bootstrap does not wait for apt's lock: nobody may take it meanwhile, and nobody has it.
  systemctl stop "${timers[@]}" 2>/dev/null || true
  apt install python3 python3-venv git
  printf '%s\n' "$CONSTRAINTS" >"$folder/constraints.txt"
  chmod -R a+rX "$folder"
  # Before the first start of proxy and hub, which need not be restarted for them later.
  git_door
  hub_links
  hub_accounts
  program logins.py | put "$logins_file" 600 root:root
  # For the user environment. Their versions are held by the constraints.
  printf '%s\n' jupyter-archive rfc3987 >"$folder/requirements.txt"
  arguments+=(--user-requirements-txt-url "$folder/requirements.txt")
  hub_programs
  for admin in "${ADMINS[@]}"; do arguments+=(--admin "$admin"); done
  say "Installing TLJH $TLJH_VERSION (5 to 10 minutes)"
  PIP_CONSTRAINT=$folder/constraints.txt \
    python3 -u "$folder/bootstrap.py" "${arguments[@]}" 2>&1 </dev/null | tee "$folder/output" |
    grep --line-buffered -v '^$' || {
    tail -n 20 "$folder/output" >&2
    explain_full_disk
    fail "TLJH's bootstrap failed" "the lines above; all of them are in /opt/tljh/installer.log" \
      "it ends with Done!" "pulumi up"
  }
  rm -f "$hub_is_old"
}

# Everybody's own files by a link, as one archive; without what links in them lead to.
download_link() {
  local packages
  packages=$($user/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  program workshop_my_work.py | put "$packages/workshop_my_work.py" 644 root:root
  put $user/etc/jupyter/jupyter_server_config.d/workshop-my-work.json 644 root:root \
    <<<'{"ServerApp": {"jpserver_extensions": {"workshop_my_work": true}}}'
  put $user/share/jupyter/lab/settings/overrides.json 644 root:root \
    <<<'{"@hadim/jupyter-archive:archive": {"followSymlinks": "false"}}'
}

# Who is here: log-ins by the hub, and servers every five minutes.
attendance() {
  local unit=/etc/systemd/system/workshop-attendance
  program sample.py | put /usr/local/sbin/workshop-attendance 755 root:root
  put $unit.service 644 root:root <<'UNIT'
[Unit]
Description=Notes who is here
RequiresMountsFor=/opt/tljh/state
After=workshop-data.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/workshop-attendance
UNIT
  put $unit.timer 644 root:root <<'UNIT'
[Unit]
Description=Notes every five minutes who is here

[Timer]
OnCalendar=*:0/5
AccuracySec=1s

[Install]
WantedBy=timers.target
UNIT
  systemctl daemon-reload
  systemctl enable --quiet --now workshop-attendance.timer
  program logins.py | cmp -s - "$logins_file" && return
  program logins.py | put "$logins_file" 600 root:root
  reload_hub "The hub does not come back with its log of log-ins"
}

# Twenty servers that start at once pick the same TCP ports for their kernels: they need none. And what
# JupyterLab loads is three times as large as it must be, unless it is compressed.
server_settings() {
  local file=$user/etc/jupyter/jupyter_server_config.json merged
  merged=$($user/bin/python3 - "$file" <<'PYTHON'
import json, os, sys

file = sys.argv[1]
settings = json.load(open(file)) if os.path.exists(file) else {}
settings.setdefault("KernelManager", {})["transport"] = "ipc"
settings.setdefault("ServerApp", {}).setdefault("tornado_settings", {})["compress_response"] = True
print(json.dumps(settings, indent=2))
PYTHON
  )
  put "$file" 644 root:root <<<"$merged"
}

hub_text() {
  if declare -p HUB >/dev/null 2>&1; then printf '%s' "${HUB[$1]}"; else cat "$(dirname "$0")/hub/$1"; fi
}

# The page /network, and how servers start. The hub reads the page each time that it is shown, and the
# programs at its start.
hub_programs() {
  local name file
  hub_text network.html | put /opt/tljh/config/workshop-network.html 600 root:root
  for name in network starts; do
    file=/opt/tljh/config/jupyterhub_config.d/workshop-$name.py
    hub_text $name.py | cmp -s - "$file" && continue
    touch "$hub_is_old"
    hub_text $name.py | put "$file" 600 root:root
  done
}

# There from the change of these files until the hub has read it, even if this step is interrupted.
hub_is_old=$keep/hub-is-old
if [ "$(cat "$done_file" 2>/dev/null)" = "$want" ] && user_environment_works; then
  say "TLJH $TLJH_VERSION is installed"
else
  remove_half_installation
  install
fi
server_settings
hub_programs
download_link

say "Waiting for the hub"
systemctl start traefik jupyterhub
if [ -e "$hub_is_old" ]; then
  say "Restarting the hub, so that it has what is new for it; nobody's notebooks stop"
  reload_hub "The hub does not come back with its programs"
  rm "$hub_is_old"
fi
expect_hub
attendance
user_environment_works || fail "A participant's environment does not work" \
  "$($user/bin/python3 -c 'import ipykernel, jupyter_archive, jupyterhub, jupyterlab, nbgitpuller' 2>&1 | tail -n 1)" \
  "JupyterLab and nbgitpuller can be imported" \
  "log in and run: sudo -E $user/bin/pip install jupyterlab jupyter-archive nbgitpuller, then pulumi up"
printf '%s\n' "$want" >"$done_file"
say "The hub answers: JupyterHub $($hub/bin/python3 -m jupyterhub --version 2>/dev/null), JupyterLab $($user/bin/jupyter-lab --version 2>/dev/null)"
