#!/usr/bin/env bash
# What the server tells of itself for `npm run doctor`: one line of JSON, a key for each thing that is
# looked at; see doctor/doctor.py. Looks, and changes nothing.
#
# SECONDS_LONG  after which what has not answered is given up
# REPOSITORIES  list of addresses that participants' git must be able to read
# PROGRAMS      table of file name to text: the files of the folder `doctor`, and scripts that look at
#               more (git.sh, content.sh); they have secrets in them. By hand the folder alone is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"
umask 077

# In memory: what is sent has the token in it.
folder=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$folder"' EXIT
unpack_programs "$folder" "$(dirname "$0")"/doctor/*.py
declare -p REPOSITORIES >/dev/null 2>&1 || REPOSITORIES=()
TMPDIR=$folder /usr/bin/python3 -I "$folder/doctor.py" "${SECONDS_LONG:-8}" "${REPOSITORIES[@]}"
