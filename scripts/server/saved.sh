#!/usr/bin/env bash
# Notes on the server that all of its files are saved elsewhere, for whoever removes it.
#
# KIND  export or backup
# AT    when it began, such as 2026-11-25T20:00:00Z
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

note_saved "$KIND" "$AT"
