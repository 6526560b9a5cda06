#!/usr/bin/env bash
# Holds the names of a command's own accounts, as long as the connection lives over which this was sent: of
# two checks at once, one would remove the other's account, and call the hub broken. Prints "held", and
# then a dot now and then: without a connection, that ends it.
#
# NAME  of the first account
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

exec 9>"/run/$NAME.lock"
# The connection of a run that has ended just now is noticed only with the next dot.
flock --timeout 3 9 || fail "The same command is at work already, from here or from another computer" \
  "the account $NAME is in use" "one at a time" "the same command once more, when the other has ended"
printf 'held\n'
while sleep 0.5 9>&-; do printf '.\n'; done
