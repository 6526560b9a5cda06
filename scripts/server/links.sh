#!/usr/bin/env bash
# The short addresses of the links for participants, such as /start, and the list of them on the
# hub's login page and home page. Without content there is neither.
#
# RULE   text of Traefik's rule that redirects them; empty: none
# LIST   JSON that the hub's pages read; empty: none
# LINKS  table of short address, without its slash, to where it must lead
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

rule_file=/opt/tljh/state/rules/workshop-links.toml

# bring FILE TEXT: the file has the text, or is gone when there is none. Under another name until it
# is whole: Traefik reads what ends in .toml, and half of one would stop all its rules from changing.
bring() {
  rm -f "$1".??????
  if [ -z "$2" ]; then
    rm -f "$1"
  elif ! printf '%s' "$2" | cmp -s - "$1"; then
    printf '%s' "$2" | put "$1" 600 root:root
  fi
}

# Where the hub sends somebody who asks for a short address: by https, else by http.
leads_to() {
  local scheme location
  for scheme in https http; do
    location=$(curl -sk -o /dev/null -D - --max-time 5 "$scheme://127.0.0.1/$1" | tr -d '\r' |
      sed -n 's/^location: *//Ip') || true
    [ "$location" != "${LINKS[$1]}" ] || break
  done
  printf '%s\n' "$location"
}

leads() { [ "$(leads_to "$1")" = "${LINKS[$1]}" ]; }

bring "$hub_links_list" "$LIST"
bring "$rule_file" "$RULE"

if [ -n "$LIST" ] && ! hub_links_text | cmp -s - "$hub_links_file"; then
  hub_links
  say "Restarting the hub, so that its pages list the links; nobody's notebooks stop"
  reload_hub "The hub does not come back with the list of links"
fi

for address in "${!LINKS[@]}"; do
  wait_until 30 leads "$address" || fail "The short address /$address does not lead to its link" \
    "$(leads_to "$address"); $(traefik_says)" \
    "${LINKS[$address]}" \
    "if the line above names a file of /opt/tljh/state/rules, mend or remove it on the server; then pulumi up"
  say "/$address leads to its link"
done
