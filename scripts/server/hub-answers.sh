#!/usr/bin/env bash
# Waits until the hub answers, as after a start of the machine.
#
#   sudo bash scripts/server/hub-answers.sh
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

expect_hub
say "The hub answers"
