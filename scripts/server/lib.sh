#!/usr/bin/env bash
# What the steps of the set-up share. Sent in front of each; a step run by hand reads it itself.
#
# A step prints its progress on standard output, a line each. On standard error it prints only the
# error it ends with: what is wrong, what was received, what is allowed, the command that mends it.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a LC_ALL=C.UTF-8

say() { printf '%s\n' "$*"; }

# fail WRONG RECEIVED ALLOWED MEND
fail() {
  local mend=$4
  if [ -n "${STACK:-}" ]; then
    mend=${mend//pulumi up/pulumi up --stack $STACK}
    mend=${mend//pulumi config/pulumi config --stack $STACK}
  fi
  printf '%s\n  received: %s\n  allowed:  %s\n  mend:     %s\n' "$1" "$2" "$3" "$mend" >&2
  exit 1
}

# quietly WRONG MEND COMMAND…: runs a command; only when it fails is its output shown, the end of it.
quietly() {
  local wrong=$1 mend=$2 status=0 output
  shift 2
  output=$("$@" 2>&1 </dev/null) || status=$?
  [ "$status" = 0 ] && return
  tail -n 20 <<<"$output" >&2
  explain_full_disk
  fail "$wrong" "exit status $status from $1" "the command succeeds" "$mend"
}

free_mib() { df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9; }

# The commonest reason why anything at all fails half-way, and never said clearly by what failed.
explain_full_disk() {
  local free
  free=$(free_mib /)
  [ "$free" -ge 50 ] || fail "The root volume is full" "$free MiB are free on /" \
    "some GiB" "$(enlarge /)"
}

# enlarge PATH: the commands that make its volume 20 GiB larger. Where the kernel refuses it, the file
# system grows only at the next start.
enlarge() {
  local key=diskGiB
  [ "$1" = / ] || key=dataGiB
  printf 'pulumi config set %s %s, then pulumi up; if it says so, then on the server, when nobody works: sudo reboot' \
    "$key" $(($(df --output=size -BG "$1" | tail -n 1 | tr -dc 0-9) + 20))
}

# need_space PATH MIB WHAT
need_space() {
  local free
  free=$(free_mib "$1")
  [ "$free" -ge "$2" ] || fail "There is too little room on the disk for $3" \
    "$free MiB are free on $1" "$2 MiB or more" \
    "$(enlarge "$1"); or delete something on the server"
}

# apt COMMAND…: apt-get without questions, which keeps changed configuration files.
apt() {
  packaging apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# packaging COMMAND…: waits up to APT_WAIT_MINUTES for others that install packages now.
packaging() {
  local output status locked end=$((SECONDS + ${APT_WAIT_MINUTES:-15} * 60))
  while true; do
    status=0
    output=$("$@" 2>&1 </dev/null) || status=$?
    [ "$status" = 0 ] && return
    locked=$(grep -m 1 -iE 'could not get lock|unable to lock|unable to acquire|frontend lock was locked' \
      <<<"$output") || break
    if [ "$SECONDS" -ge "$end" ]; then
      fail "Another program is installing packages on the server, and does not end" "${locked#*rror: }" \
        "it ends within aptWaitMinutes (${APT_WAIT_MINUTES:-15})" "pulumi up, in some minutes"
    fi
    say "Waiting for another package installation to end (${locked#E: })"
    sleep 5
  done
  tail -n 20 <<<"$output" >&2
  explain_full_disk
  fail "Packages could not be installed" "exit status $status from $*" \
    "the command succeeds" "pulumi up; if it goes on, log in and run: sudo $*"
}

# wait_until SECONDS COMMAND…: whether the command succeeds within that time.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 1
  done
}

# put FILE MODE OWNER: standard input becomes the file, never half of it and never with more rights.
put() {
  local file=$1 part
  mkdir -p "$(dirname "$file")"
  part=$(mktemp "$file.XXXXXX")
  cat >"$part"
  chown "$3" "$part"
  chmod "$2" "$part"
  mv "$part" "$file"
}

# unpack_programs FOLDER FILE…: the texts of the table PROGRAMS become files of the folder; by hand,
# where there is none, the files do.
unpack_programs() {
  local into=$1 program
  shift
  if declare -p PROGRAMS >/dev/null 2>&1; then
    for program in "${!PROGRAMS[@]}"; do printf '%s' "${PROGRAMS[$program]}" >"$into/$program"; done
  else
    cp "$@" "$into"
  fi
}

# With https, http only says where to go; whose certificate answers there is not asked here.
hub_answers() { curl -fsSLk --max-redirs 2 -o /dev/null --max-time 5 http://127.0.0.1/hub/health; }

# The hub's last words, for an error.
hub_says() { journalctl -u jupyterhub -n 3 -o cat --no-pager | cut -c1-300 | tr '\n' ' '; }

# expect_hub: waits until the hub answers through the proxy.
expect_hub() {
  wait_until 120 hub_answers || fail "The hub does not answer" "$(hub_says)" \
    "http://127.0.0.1/hub/health answers 200" \
    "pulumi up; if it goes on, log in and run: sudo journalctl -u jupyterhub -u traefik -n 50"
}

# Proxy and hub, not people's servers. Connections that browsers keep open would hold the proxy for ten
# seconds.
stop_proxy() {
  systemctl stop jupyterhub
  timeout 3 systemctl stop traefik || {
    systemctl kill --signal=KILL traefik 2>/dev/null || true
    systemctl stop traefik
  }
}

# reload_proxy: puts tljh-config's settings for the proxy in force. Proxy and hub start anew, and the
# page is away for some seconds; nobody's notebooks stop.
reload_proxy() {
  reload_proxy_alone
  systemctl start jupyterhub
  expect_hub
}

# The same, and the hub stays away. The proxy ends before it can read the new settings: ten seconds long
# it would go on ordering a certificate for new names, with its doors closed to the issuer.
reload_proxy_alone() {
  stop_proxy
  # The command waits for ever when something does not come back.
  timeout 120 tljh-config reload proxy >/dev/null || fail "The proxy does not come back" "$(hub_says)" \
    "it answers within two minutes" "pulumi up; if it goes on, log in and run: sudo journalctl -u traefik -n 50"
}

# setting KEY: a setting of tljh-config; a list is a line for each item, nothing where it is not set.
setting() {
  tljh-config show | /opt/tljh/hub/bin/python3 -c '
import sys, yaml

value = yaml.safe_load(sys.stdin) or {}
for part in sys.argv[1].split("."):
    value = value.get(part) if isinstance(value, dict) else None
for item in value if isinstance(value, list) else [] if value is None else [value]:
    print(str(item).lower() if isinstance(item, bool) else item)
' "$1"
}

# unset_setting KEY: whether it was set or not.
unset_setting() {
  if [ -n "$(setting "$1")" ]; then tljh-config unset "$1"; fi
}

# How the proxy finds an ACME server that is not Let's Encrypt's own (see scripts/server/certificate.sh).
# shellcheck disable=SC2034
acme_file=/opt/tljh/config/traefik_config.d/workshop-acme.toml
# shellcheck disable=SC2034
acme_unit=/etc/systemd/system/traefik.service.d/workshop-acme.conf

# What keeps Traefik from taking a changed rule: mostly a file beside ours that it cannot read.
traefik_says() {
  { journalctl -u traefik --since=-1min -o cat --no-pager | grep -a ERR || true; } | tail -n 1 | cut -c1-400
}

# Where participants' git finds the hub's Traefik in the sealed access to private repositories (see
# providers/gitAccess.ts). Below 1024, so that no participant can listen there before Traefik does.
git_door_port=890
git_door_file=/opt/tljh/config/traefik_config.d/workshop-git.toml

git_door_text() { printf '[entryPoints.workshop-git]\naddress = "127.0.0.1:%s"\n' "$git_door_port"; }

# git_door: Traefik opens it at its next start.
git_door() { git_door_text | put "$git_door_file" 600 root:root; }

# The links for participants on the hub's login page and home page (see scripts/server/links.sh).
hub_links_file=/opt/tljh/config/jupyterhub_config.d/workshop-links.py
hub_links_list=/opt/tljh/state/workshop-links.json

hub_links_text() {
  cat <<PYTHON
# The links for participants on the login page and the home page. Their names are read each time that
# a page is shown, so that other links need no restart of the hub.
import html
import json


class WorkshopLinks(str):
    """An announcement that is empty while there are no links."""

    def __str__(self):
        try:
            with open("$hub_links_list", encoding="utf-8") as file:
                names = [html.escape(str(name)) for name in json.load(file)]
        except (OSError, ValueError, TypeError):
            names = []
        links = " · ".join(f'<a href="/{name}">{name}</a>' for name in names)
        return f"Course material: {links}" if links else ""

    __html__ = __str__

    def __bool__(self):
        return str(self) != ""


class WorkshopHome(WorkshopLinks):
    """On one's own page also all of one's files, as one archive."""

    def __str__(self):
        own = '<a href="/hub/user-redirect/my-work">Download all my files</a>'
        return " · ".join(text for text in (super().__str__(), own) if text)

    __html__ = __str__


c.JupyterHub.template_vars.update(
    {"announcement_login": WorkshopLinks(), "announcement_home": WorkshopHome()}
)
PYTHON
}

# hub_links: the hub shows them from its next start on.
hub_links() { hub_links_text | put "$hub_links_file" 600 root:root; }

# How accounts come and go without a restart of the hub: a service that the hub knows by a token, and
# what helpers may do. Participants and helpers are groups, which scripts/server/accounts fills.
hub_accounts_file=/opt/tljh/config/jupyterhub_config.d/workshop-accounts.py
hub_accounts_token=/opt/tljh/state/workshop-accounts.token

hub_accounts_text() {
  cat <<PYTHON
# Accounts are made and removed over the hub's API by scripts/server/accounts.sh of the workshop, as
# the service below. Its token is in a file for root alone.
with open("$hub_accounts_token", encoding="ascii") as file:
    token = file.read().strip()

c.JupyterHub.services.extend([{"name": "workshop-accounts", "api_token": token}])
c.JupyterHub.load_roles.extend(
    [
        {
            "name": "workshop-accounts",
            "scopes": ["admin:users", "admin:groups", "admin:servers"],
            "services": ["workshop-accounts"],
        },
        # They see participants in the hub's admin page, and open, start and stop their servers.
        {
            "name": "helper",
            "scopes": [
                "admin-ui",
                "list:users!group=participants",
                "read:users!group=participants",
                "servers!group=participants",
                "access:servers!group=participants",
            ],
            "groups": ["helpers"],
        },
    ]
)
# Whoever is in the hub's list may log in, and nobody else: unknown names are refused.
c.Authenticator.allow_existing_users = True
c.FirstUseAuthenticator.create_users = False

# The authenticator's log-in page (1.1.1) does not know the arguments that JupyterHub (5.5) gives it with
# an error: who logs in on a page that was opened more than an hour ago would see "500".
try:
    from firstuseauthenticator.firstuseauthenticator import CustomLoginHandler
    from jupyterhub.handlers import LoginHandler

    def render(self, login_error=None, username=None, **more):
        return LoginHandler._render(self, self.custom_login_error or login_error, username, **more)

    CustomLoginHandler._render = render
except ImportError:
    pass
PYTHON
}

# hub_accounts: in force from the hub's next start on.
hub_accounts() {
  [ -s "$hub_accounts_token" ] || head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' |
    put "$hub_accounts_token" 600 root:root
  hub_accounts_text | put "$hub_accounts_file" 600 root:root
}

# When all files were last saved elsewhere: {"export": "2026-11-25T20:00:00Z", "backup": "…"}. The time is
# that at which it began: what was changed later may not be in it.
saved_file=/opt/tljh/state/workshop-saved.json

# note_saved KIND TIME: that a complete export or backup, which began then, has succeeded.
note_saved() {
  local merged
  merged=$(/opt/tljh/hub/bin/python3 -c '
import json, sys

file, kind, at = sys.argv[1:]
try:
    with open(file, encoding="ascii") as known:
        saved = json.load(known)
except (OSError, ValueError):
    saved = {}
print(json.dumps({**saved, kind: at}))
' "$saved_file" "$1" "$2")
  put "$saved_file" 600 root:root <<<"$merged"
}

# reload_hub WRONG: restarts it; nobody's notebooks stop.
reload_hub() {
  # The command waits for ever when the hub does not come back.
  timeout 120 tljh-config reload hub >/dev/null || fail "$1" "$(hub_says)" "it answers within two minutes" \
    "pulumi up; if it goes on, log in and run: sudo journalctl -u jupyterhub -n 50"
  expect_hub
}
