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
unpack_programs "$folder" "$(dirname "$0")"/course/*.py
chmod -R u=rwX,go=rX "$folder"
/usr/bin/python3 -I "$folder/course.py" <<<"$REQUEST"
