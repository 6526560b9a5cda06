#!/usr/bin/env bash
# Phase 4 of the guide: a certificate for the server's names from an ACME server, by the hub's own
# proxy, and the proof that visitors get it.
#
# Whatever fails, what was in force before is in force again. The proxy would otherwise order anew at
# each change of its rules, until the issuer takes no more orders.
#
# DOMAINS      list of names that point here, the one that participants use first; none: nothing is done
# EMAIL        whom the issuer may write to
# ACME_SERVER  address of the issuer's directory
# ACME_CA      certificates of the ACME server's own authority; empty: a public one
# IS_TRUSTED   whether browsers trust the certificates: yes or no
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"
umask 077

if [ "${#DOMAINS[@]}" = 0 ]; then
  say "No name points here yet: no certificate is ordered"
  exit 0
fi

lets_encrypt=https://acme-v02.api.letsencrypt.org/directory
config=/opt/tljh/config/config.yaml
certificates=/opt/tljh/state/acme.json
ca_file=/etc/workshop/acme-ca.pem
before=/var/lib/workshop/https-before
python=/opt/tljh/hub/bin/python3
domain=${DOMAINS[0]}
# The issuer answers in seconds; to an order that waits in a queue Let's Encrypt gives a minute or two.
limit_seconds=150
# How long the proxy is without the hub at most. Some versions order only once there are routes.
alone_seconds=25

work=$(mktemp -d)
trap 'rm -rf "$work"; put_back' EXIT
trusted=$work/trusted.pem
cat /etc/ssl/certs/ca-certificates.crt >"$trusted"
printf '%s' "$ACME_CA" >>"$trusted"

acme_text() {
  [ "$ACME_SERVER" != "$lets_encrypt" ] || return 0
  # All of the table, since of two that have the same name one might replace the other.
  cat <<TOML
[certificatesResolvers.letsencrypt.acme]
email = "$EMAIL"
storage = "$certificates"
caServer = "$ACME_SERVER"

[certificatesResolvers.letsencrypt.acme.tlsChallenge]
TOML
}

# Traefik has an option for it since 3.2 only; its ACME library reads this in all versions.
unit_text() {
  [ -z "$ACME_CA" ] || printf '[Service]\nEnvironment=LEGO_CA_CERTIFICATES=%s LEGO_CA_SYSTEM_CERT_POOL=true\n' "$ca_file"
}

# bring FILE MODE: the file has standard input's text, or is gone when that is empty.
bring() {
  local text
  text=$(cat)
  if [ -z "$text" ]; then
    rm -f "$1"
  else
    printf '%s\n' "$text" | put "$1" "$2" root:root
  fi
}

# is_as FILE: whether it has standard input's text, or is not there when that is empty.
is_as() {
  local text
  text=$(cat)
  [ "$text" = "$(cat "$1" 2>/dev/null)" ]
}

is_configured() {
  [ "$(setting https.enabled)" = true ] && [ -z "$(setting http.address)" ] &&
    [ "$(setting https.letsencrypt.email)" = "$EMAIL" ] &&
    [ "$(setting https.letsencrypt.domains)" = "$(printf '%s\n' "${DOMAINS[@]}")" ] &&
    acme_text | is_as "$acme_file" && unit_text | is_as "$acme_unit" &&
    printf '%s' "$ACME_CA" | is_as "$ca_file"
}

served() { openssl s_client -connect 127.0.0.1:443 -servername "$1" </dev/null 2>/dev/null | openssl x509 "${@:2}" 2>/dev/null; }

names_of() { served "$1" -noout -ext subjectAltName | grep -o 'DNS:[^, ]*' | cut -d: -f2 | sort; }

wanted_names() { printf '%s\n' "${DOMAINS[@]}" | sort; }

has_certificate() {
  [ "$(names_of "$domain")" = "$(wanted_names)" ] &&
    ! served "$domain" -noout -issuer | grep -q 'TRAEFIK DEFAULT CERT'
}

# fitting look|keep: how many earlier certificates are of the same issuer and for exactly these names;
# keep removes the others. One for a name that is gone would fail at its renewal, and one of another
# issuer would be served for ever.
fitting() {
  [ -e "$certificates" ] || { echo 0 && return; }
  $python - "$1" "$certificates" "$ACME_SERVER" "${DOMAINS[@]}" <<'PYTHON'
import json
import os
import sys
from urllib.parse import urlsplit

action, file, server, *names = sys.argv[1:]
try:
    with open(file) as text:
        known = json.load(text)
    mine = known.get("letsencrypt") or {}
    account = ((mine.get("Account") or {}).get("Registration") or {}).get("uri", "")
except (ValueError, AttributeError):
    known, mine, account = {}, {}, ""
same_issuer = urlsplit(account).netloc == urlsplit(server).netloc
found = (mine.get("Certificates") or []) if same_issuer else []
fitting = [
    one
    for one in found
    if {one["domain"]["main"], *(one["domain"].get("sans") or [])} == set(names)
]
print(len(fitting))
if action == "look":
    sys.exit()
if not same_issuer:
    os.unlink(file)
elif len(fitting) != len(found):
    mine["Certificates"] = fitting
    part = file + ".part"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as text:
        json.dump(known, text, indent=2)
    os.rename(part, file)
PYTHON
}

kept_files=("$config" "$certificates" "$acme_file" "$acme_unit" "$ca_file")

remember() {
  rm -rf "$before"
  mkdir -p "$before"
  local file
  for file in "${kept_files[@]}"; do
    [ ! -e "$file" ] || cp -p "$file" "$before/$(basename "$file")"
  done
  # Last: without it nothing is put back.
  touch "$before/whole"
}

# Whether the proxy may have seen other settings than the kept ones; so it is after an interrupted run.
is_touched=yes

# Whenever this ends before the new certificate is there.
put_back() {
  local file kept
  [ -e "$before/whole" ] || return 0
  rm "$before/whole"
  if [ "$is_touched" = yes ]; then
    say "Putting back what was in force before; the page is away for some seconds"
    stop_proxy
  fi
  for file in "${kept_files[@]}"; do
    kept=$before/$(basename "$file")
    if [ -e "$kept" ]; then cp -p "$kept" "$file"; else rm -f "$file"; fi
  done
  systemctl daemon-reload
  [ "$is_touched" = no ] || reload_proxy
}

log_since() { journalctl -u traefik --since="@$1" -o cat --no-pager | sed 's/\x1b\[[0-9;]*m//g'; }

# The issuer's own words: all of the error's text but the way by which it came.
reason_since() {
  log_since "$1" |
    { grep -av 'falling back' | grep -aE 'Unable to (obtain ACME certificate|register|get ACME client)|[Ee]rror.*acme' || true; } | tail -n 1 |
    sed -E 's/.*(acme: error:|error: one or more domains had a problem:|error=)/\1/; s/\\n/ /g; s/"? *(providerName|rule|routerName|ACME CA)=.*//' |
    tr -s ' ' | cut -c1-600
}

# The directory of the ACME server; else why there is none.
directory() { curl -fsS --cacert "$trusted" --connect-timeout 10 --max-time 30 "$ACME_SERVER" 2>&1; }

# Where an errexit would not be heeded, each line says itself that it may fail.
configure() {
  local name
  unset_setting http.address &&
    tljh-config set https.enabled true &&
    tljh-config set https.letsencrypt.email "$EMAIL" &&
    unset_setting https.letsencrypt.domains || return
  for name in "${DOMAINS[@]}"; do tljh-config add-item https.letsencrypt.domains "$name" || return; done
}

order() {
  local said since end alone_until
  if [ "$(fitting look)" = 0 ]; then
    said=$(directory) || true
    [[ "$said" == *newOrder* ]] || fail "The ACME server does not answer; nothing was changed" \
      "$ACME_SERVER: $(head -n 1 <<<"$said" | cut -c1-300)" "a directory with newOrder" \
      "pulumi up, later; whether Let's Encrypt is up: https://letsencrypt.status.io"
    say "Asking $(cut -d/ -f3 <<<"$ACME_SERVER") for a certificate for ${DOMAINS[*]}; the page is away for some seconds"
  else
    say "Putting the certificate for ${DOMAINS[*]} in force that is on the data volume"
  fi
  remember
  is_touched=no
  said=$(configure 2>&1) || fail "tljh-config does not take the settings; the old ones stay" \
    "$(tail -n 3 <<<"$said")" "settings that it takes" \
    "pulumi config set acmeEmail it@example.org, or whatever is named above; then pulumi up"
  acme_text | bring "$acme_file" 600
  printf '%s' "$ACME_CA" | bring "$ca_file" 644
  unit_text | bring "$acme_unit" 644
  systemctl daemon-reload
  is_touched=yes
  stop_proxy
  fitting keep >/dev/null
  since=$(date +%s)
  end=$((SECONDS + limit_seconds))
  alone_until=$((SECONDS + alone_seconds))
  # Without the hub, whose routes would come in one by one: at each change of its rules the proxy makes
  # one more order beside the first, and one's challenge is in the other's way.
  reload_proxy_alone
  until has_certificate; do
    [ "$SECONDS" -lt "$alone_until" ] || systemctl start jupyterhub
    said=$(reason_since "$since")
    [ -z "$said" ] || fail "The issuer gives no certificate for ${DOMAINS[*]}" "$said" \
      "an order that it accepts" "$(mend_of "$said")"
    [ "$SECONDS" -lt "$end" ] || fail "There is no certificate after $limit_seconds s" \
      "$(served "$domain" -noout -issuer) $(log_since "$since" | tail -n 2 | tr '\n' ' ' | cut -c1-400)" \
      "one for ${DOMAINS[*]}" "pulumi up; if it goes on, log in and run: sudo journalctl -u traefik -n 50"
    sleep 0.5
  done
  rm -rf "$before"
  systemctl start jupyterhub
  expect_hub
}

# mend_of REASON
mend_of() {
  case $1 in
    *accountDoesNotExist*) printf 'sudo rm %s on the server, so that the proxy makes a new account; then pulumi up' "$certificates" ;;
    *rateLimited*) printf 'pulumi up, after the time that the issuer names above; to try things out meanwhile: pulumi config set acmeServer staging' ;;
    *:caa*) printf 'ask IT for a CAA record that lets the issuer in; then pulumi up' ;;
    *invalidContact* | *unsupportedContact*) printf "pulumi config set acmeEmail it@example.org (a person's real address), then pulumi up" ;;
    *rejectedIdentifier*) printf 'another domain: pulumi config set domain jupyter.example.org, then pulumi up' ;;
    *) printf "mend what the issuer names, then pulumi up: each try is an order, and five that fail in an hour are Let's Encrypt's limit" ;;
  esac
}

# What visitors get, asked as they ask: by name, at this machine's own port.
ask() { curl -sS --cacert "$trusted" --max-time 10 --resolve "$1:443:127.0.0.1" --resolve "$1:80:127.0.0.1" "${@:2}"; }

prove() {
  local name got until days chain=()
  [ "$IS_TRUSTED" = yes ] || chain=(-k)
  for name in "${DOMAINS[@]}"; do
    served "$name" -noout -issuer | grep -q 'TRAEFIK DEFAULT CERT' && fail \
      "The proxy shows its own certificate for $name" "$(served "$name" -noout -issuer)" "one of the issuer" "pulumi up"
    served "$name" -noout -checkhost "$name" | grep -q 'does match' || fail \
      "The certificate is not for $name" "$(names_of "$name" | tr '\n' ' ')" "$name among them" "pulumi up"
    got=$(ask "$name" "${chain[@]}" -o /dev/null -w '%{http_code} HTTP/%{http_version}' "https://$name/hub/health" 2>&1) || true
    [ "$got" = "200 HTTP/2" ] || fail "https://$name does not answer as it should" "$got" \
      "200 HTTP/2, with a chain of certificates that the server's own list of authorities leads to" \
      "pulumi up; if it goes on, log in and run: curl -v --resolve $name:443:127.0.0.1 https://$name/hub/health"
    got=$(ask "$name" -o /dev/null -w '%{http_code} %{redirect_url}' "http://$name/hub/login" 2>&1) || true
    [[ "$got" =~ ^30[178]\ https://$name/hub/login$ ]] || fail "http://$name does not lead to https" "$got" \
      "301 https://$name/hub/login" "pulumi up; if it goes on, log in and run: sudo tljh-config reload proxy"
  done
  until=$(served "$domain" -noout -enddate | cut -d= -f2)
  days=$((($(date -d "$until" +%s) - $(date +%s)) / 86400))
  [ "$days" -ge 1 ] || fail "The certificate ends today" "$until" "a day or more" \
    "log in and run: sudo journalctl -u traefik | grep -i acme; then pulumi up"
  say "https://$domain: certificate of $(served "$domain" -noout -issuer -nameopt RFC2253 | cut -d= -f2-), good for $days days ($(names_of "$domain" | tr '\n' ' ' | sed 's/ $//')), HTTP/2"
  [ "$IS_TRUSTED" = yes ] || say "Browsers do not trust it: pulumi config set acmeServer production, then pulumi up"
}

# Of a run that was ended half-way, by a restart of the machine for instance.
if is_configured && has_certificate; then
  rm -rf "$before"
  say "The certificate is there"
else
  put_back
  order
fi
prove
