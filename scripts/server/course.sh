#!/usr/bin/env bash
# The participants' copies of the course repositories: who has the newest, pulling for all, a fresh
# copy for one. Prints JSON, a line for each fact; see course/course.py.
#
# REQUEST   what to do, in JSON
# PROGRAMS  table of file name to text: the files of the folder `course`; by hand that folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# Participants read the programs there, as do the units that run them.
folder=$(mktemp -d /run/workshop-course.XXXXXX)
trap 'rm -rf "$folder"' EXIT
if declare -p PROGRAMS >/dev/null 2>&1; then
  for name in "${!PROGRAMS[@]}"; do printf '%s' "${PROGRAMS[$name]}" >"$folder/$name"; done
else
  cp "$(dirname "$0")"/course/*.py "$folder"
fi
chmod -R u=rwX,go=rX "$folder"
/usr/bin/python3 -I "$folder/course.py" <<<"$REQUEST"
