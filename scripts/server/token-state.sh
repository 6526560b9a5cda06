#!/usr/bin/env bash
# How the git host answers a token: prints the HTTP status. The token stands in no command line.
#
# URL      of a repository, as git asks for it
# HEADER   with the token: secret
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

printf 'url = "%s"\nheader = "%s"\n' "$URL" "$HEADER" |
  curl -sS -o /dev/null -w '%{http_code}\n' --max-time 20 --config - 2>/dev/null || true
