#!/usr/bin/env bash
# Before the server is removed: whose servers run, and whose files nobody has saved. Looks, prints one
# line of JSON, and changes nothing; with `stop` it ends everybody's server first. See leaving/leaving.py.
#
# ACTION    look or stop
# PROGRAMS  table of file name to text: the files of the folder `leaving`; by hand that folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# Participants read the programs there.
folder=$(mktemp -d /run/workshop-leaving.XXXXXX)
trap 'rm -rf "$folder"' EXIT
unpack_programs "$folder" "$(dirname "$0")"/leaving/*.py
chmod -R u=rwX,go=rX "$folder"

if [ "$ACTION" = stop ]; then
  mapfile -t units < <(systemctl list-units --plain --no-legend --state=active,activating 'jupyter-*.service' |
    cut -d' ' -f1)
  # The hub notices within seconds. Whoever clicks then starts a server anew.
  [ ${#units[@]} = 0 ] || quietly "The participants' servers do not end" \
    "log in and run: sudo systemctl status 'jupyter-*'" systemctl stop "${units[@]}"
fi
/usr/bin/python3 -I "$folder/leaving.py"
