#!/usr/bin/env bash
# Participants' files as archives, for a computer outside. Slowly, where others work at the same time.
#
# REQUEST   what to do, in JSON; see export/export.py
# PROGRAMS  table of file name to text: export/*.py and accounts/homes.py; by hand those are taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

python=/opt/tljh/hub/bin/python3

folder=$(mktemp -d /run/workshop-export.XXXXXX)
trap 'rm -rf "$folder"' EXIT
unpack_programs "$folder" "$(dirname "$0")"/export/*.py "$(dirname "$0")/accounts/homes.py"

# HOMES: for tests, another folder than /home.
printf '%s' "$REQUEST" | nice -n 10 "$python" -I "$folder/export.py" ${HOMES:+--homes "$HOMES"}
