#!/usr/bin/env bash
# The token for private repositories on the server: try it, put it in force, look whether all is as
# it should be, remove every trace of it. See providers/gitAccess.ts for what is written and why.
#
# ACTION        try     asks the host with the token, changes nothing; a line per answer
#               switch  puts token and access in force, and proves it the participants' way
#               look    a line per thing that is not as it should be
#               remove  takes all of it away
# ACCESS        sealed or shared
# HOST API      of the repositories; address of its REST API
# REPOSITORIES  list of paths such as org/name
# LOGIN         user and token for HTTP's Basic authentication; secret
# CREDENTIALS   text of the credentials file; secret
# RULE          text of Traefik's rule, empty for shared; secret
# GIT_CONFIG    text of git's configuration for everybody
# FINGERPRINT   of the token
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"
umask 077

file=/etc/git-credentials
folder=/etc/workshop
config=$folder/gitconfig
sealed=$folder/sealed
# Debian's git and conda's each have a configuration of the system of their own.
system_configs=(/etc/gitconfig /opt/tljh/user/etc/gitconfig)
rules=/opt/tljh/state/rules
link=$rules/workshop-git.toml
door=http://127.0.0.1:$git_door_port
mode=600
[ "$ACCESS" = sealed ] || mode=644

# ask URL: status and first line of the answer, with the token. It comes on standard input, since a
# command line can be read by everybody.
ask() {
  local body=$work/body status ended=0
  rm -f "$body" "$work/headers"
  status=$(printf 'header = "Authorization: Basic %s"\n' "$LOGIN" |
    curl -sS -K - -A "git/2 (workshop)" -o "$body" -D "$work/headers" -w '%{http_code}' \
      --connect-timeout 10 --max-time 30 "$1" 2>"$work/error") || ended=$?
  # Half an answer is none.
  if [ "$ended" != 0 ]; then
    status=0
    cp "$work/error" "$body"
  fi
  printf '%s\t%s' "$((10#${status:-0}))" "$(first_line "$body")"
}

# Of an answer that is text.
first_line() { head -c 2000 "$1" 2>/dev/null | tr -dc '[:print:]\n\200-\377' | head -n 1 | cut -c1-300; }

header() { tr -d '\r' <"$work/headers" | sed -n "s/^$1: *//Ip" | head -n 1 | tr -d '\t'; }

path_in_url() { python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe="/~"))' "$1"; }

try() {
  local repository
  for repository in "${REPOSITORIES[@]}"; do
    printf 'trial\t%s\t%s\n' "$repository" \
      "$(ask "https://$HOST/$(path_in_url "$repository").git/info/refs?service=git-upload-pack")"
  done
  # Not every host has this API, and not every token may ask it.
  if [ -n "$API" ] && [[ "$(ask "${API%/}/user")" == 200* ]]; then
    printf 'told\t%s\t%s\n' "$(header github-authentication-token-expiration)" "$(header x-oauth-scopes)"
  fi
}

# put_secret FILE MODE: like put, under a name that an interrupted update leaves and the next removes.
put_secret() {
  cat >"$1.workshop-part"
  chown root:root "$1.workshop-part"
  chmod "$2" "$1.workshop-part"
  mv "$1.workshop-part" "$1"
}

link_rule() {
  local text
  text=$sealed/rule-$(printf '%s' "$RULE" | sha256sum | cut -c1-12).toml
  mkdir -p "$sealed"
  printf '%s' "$RULE" | put_secret "$text" 600
  # A link, so that the token itself stays on the root volume: the folder is on the data volume,
  # whose copies may get around. Renamed each time: that is what Traefik notices.
  ln -sfn "$text" "$rules/.workshop-git"
  mv -T "$rules/.workshop-git" "$link"
}

include_config() {
  local system
  chmod 755 "$folder"
  printf '%s' "$GIT_CONFIG" | put "$config" 644 root:root
  for system in "${system_configs[@]}"; do
    mkdir -p "$(dirname "$system")"
    chmod 755 "$(dirname "$system")"
    includes "$system" || git config --file "$system" --add include.path "$config"
    chmod 644 "$system"
  done
}

includes() { git config --file "$1" --get-all include.path 2>/dev/null | grep -qxF "$config"; }

put_file() { printf '%s' "$CREDENTIALS" | put_secret "$file" "$mode"; }

door_answers() { curl -s -o /dev/null --max-time 3 "$door/"; }

open_door() {
  git_door
  if door_answers; then return; fi
  say "Restarting the proxy, which had no place for git; the hub's page is away for some seconds"
  reload_proxy
  wait_until 30 door_answers || fail "The proxy does not listen for git" \
    "nothing answers at $door; $(traefik_says)" \
    "Traefik with the entry point workshop-git" "sudo systemctl restart traefik jupyterhub on the server, then pulumi up"
}

# What a participant's git is answered: status, and fingerprint of the token that was used.
answer() {
  : >"$work/headers"
  curl -s -o /dev/null -D "$work/headers" -w '%{http_code}' --max-time 30 \
    "$door/$(path_in_url "$1")/info/refs?service=git-upload-pack" || true
  printf ' %s\n' "$(header x-workshop-token)"
}

# soon COMMAND…: whether it succeeds within 20 s. Traefik takes half a second.
soon() {
  local end=$((SECONDS + 20))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

is_in_force() { [ "$(answer "${REPOSITORIES[0]}")" = "200 $FINGERPRINT" ]; }

expect_in_force() {
  soon is_in_force || fail "The hub's proxy does not use the new token; the one before may still be in force" \
    "$(answer "${REPOSITORIES[0]}"); $(traefik_says)" "200 $FINGERPRINT" \
    "if the line above names a file of $rules, mend or remove it on the server; then pulumi up"
}

as_participant() {
  runuser -u nobody -- env -i PATH=/usr/bin:/bin HOME=/nonexistent GIT_TERMINAL_PROMPT=0 "$@"
}

# What participants' git would send to the host in mode shared.
fingerprint_shared() {
  printf 'protocol=https\nhost=%s\n\n' "$HOST" | as_participant git credential fill 2>/dev/null |
    sed -n 's/^password=//p' | tr -d '\n' | sha256sum | cut -c1-12
}

prove() {
  local repository system said got
  if [ "$ACCESS" = sealed ]; then
    expect_in_force
    # A request that began with the token before is over by then.
    sleep 1
    for repository in "${REPOSITORIES[@]}"; do
      got=$(answer "$repository")
      [ "$got" = "200 $FINGERPRINT" ] || fail "Participants cannot read $repository" "$got" "200 $FINGERPRINT" "pulumi up"
    done
  else
    got=$(fingerprint_shared)
    [ "$got" = "$FINGERPRINT" ] || fail "Participants' git does not use the new token" "$got" "$FINGERPRINT" \
      "look at the server's git configuration: git config --system --list; then pulumi up"
  fi
  for system in "${system_configs[@]}"; do
    for repository in "${REPOSITORIES[@]}"; do
      said=$(as_participant GIT_CONFIG_SYSTEM="$system" git ls-remote --quiet \
        "https://$HOST/$repository" HEAD 2>&1 >/dev/null) || fail \
        "Participants' git cannot read $repository" "$(tail -n 1 <<<"$said" | cut -c1-300)" \
        "git ls-remote https://$HOST/$repository" \
        "look at the server's git configuration ($system); then pulumi up"
      [ "$ACCESS" = shared ] || break
    done
  done
}

switch() {
  # Half-written files of an update that was interrupted have the token in them, too.
  rm -f "$file.workshop-part" "$sealed"/*.workshop-part "$rules/.workshop-git"
  mkdir -p "$folder"
  # In an order in which a pull works between any two of them.
  if [ "$ACCESS" = sealed ]; then
    open_door
    link_rule
    expect_in_force
    include_config
    put_file
    find "$sealed" -type f ! -path "$(readlink "$link")" -delete
  else
    put_file
    include_config
    rm -rf "$link" "$sealed"
  fi
  prove
}

drift() { printf 'drift\t%s\n' "$1"; }

# What is compared with goes through pipes: it must not stand in a command line.
look() {
  local system
  if [ ! -e "$file" ]; then
    drift "$file is gone"
  else
    printf '%s' "$CREDENTIALS" | cmp -s - "$file" || drift "$file has another content"
    [ "$(stat -c '%a %U:%G' "$file")" = "$mode root:root" ] ||
      drift "$file has mode and owner $(stat -c '%a %U:%G' "$file"), not $mode root:root"
  fi
  printf '%s' "$GIT_CONFIG" | cmp -s - "$config" || drift "$config is gone or has another content"
  for system in "${system_configs[@]}"; do
    includes "$system" || drift "$system does not include $config"
  done
  if [ "$ACCESS" = sealed ]; then
    if [ ! -e "$link" ]; then
      drift "Traefik's rule $link is gone"
    else
      printf '%s' "$RULE" | cmp -s - "$link" || drift "Traefik's rule $link has another content"
      [ "$(stat -L -c '%a %U:%G' "$link")" = "600 root:root" ] ||
        drift "Traefik's rule has mode and owner $(stat -L -c '%a %U:%G' "$link"), not 600 root:root"
    fi
    git_door_text | cmp -s - "$git_door_file" || drift "Traefik's entry point $git_door_file is gone or has another content"
    door_answers || drift "nothing answers at $door"
  elif [ -e "$link" ] || [ -e "$sealed" ]; then
    drift "Traefik's rule of the sealed access is still there"
  fi
  say "looked"
}

remove() {
  local system
  for system in "${system_configs[@]}"; do
    [ ! -e "$system" ] || git config --file "$system" --unset-all include.path "^$config\$" || true
  done
  rm -rf "$link" "$rules/.workshop-git" "$sealed" "$config" "$file" "$file.workshop-part"
  say "removed"
}

work=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$work"' EXIT
# Whatever bash itself keeps in a file for a moment stays off the disk, too.
export TMPDIR=$work
exec 9>/run/workshop-git.lock
flock -w 60 9 || fail "Another change of the git credentials does not end" "the lock /run/workshop-git.lock is held" \
  "it is free within a minute" "pulumi up"
case $ACTION in
  try) try ;;
  switch) switch ;;
  look) look ;;
  remove) remove ;;
esac
