#!/usr/bin/env bash
# Who is answered over plain http. With a domain nobody but the server itself, until there is a
# certificate: no password shall travel unencrypted. Without one, everybody, since there is no other way.
#
# Before TLJH is installed its settings are prepared, so that the proxy never listens otherwise.
#
# DOMAIN  name of the server; empty: none
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

config=/opt/tljh/config/config.yaml

if ! command -v tljh-config >/dev/null; then
  if [ -n "$DOMAIN" ] && [ ! -e "$config" ]; then
    mkdir -p /opt/tljh
    install -d -m 700 /opt/tljh/config
    printf 'http:\n  address: 127.0.0.1\n' | put "$config" 600 root:root
    say "Plain http will be for the server alone"
  fi
  exit 0
fi

address=$(setting http.address)
https=$(setting https.enabled)
if [ -n "$DOMAIN" ]; then
  if [ "$https" = true ]; then
    say "Plain http only leads to https"
  elif [ "$address" != 127.0.0.1 ]; then
    say "Closing plain http to everybody but the server itself; the page is away until there is a certificate"
    tljh-config set http.address 127.0.0.1
    reload_proxy
  fi
elif [ -n "$address" ] || [ "$https" = true ]; then
  say "There is no domain any more: answering over plain http; the page is away for some seconds"
  unset_setting http.address
  unset_setting https
  rm -f "$acme_file" "$acme_unit"
  systemctl daemon-reload
  reload_proxy
fi
expect_hub
