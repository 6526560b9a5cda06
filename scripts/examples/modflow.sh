#!/usr/bin/env bash
# MODFLOW's programs (mf6, mf2005, mp7, …) for flopy, where participants' notebooks find them by name.
#
#   pulumi config set packagesScript scripts/examples/modflow.sh
#
# Needs flopy in `packages`, whose command get-modflow fetches them from the MODFLOW-ORG releases at
# GitHub. Not tested: GitHub is out of reach where this project is tested. Everything else about
# packagesScript is.
set -euo pipefail

bin=/opt/tljh/user/bin
for try in 1 2 3; do
  # A file of the same name is replaced: it may run twice.
  if "$bin/get-modflow" --subset mf6,mf2005,mfnwt,mp7,mt3dusgs,zbud6,gridgen "$bin"; then break; fi
  [ "$try" -lt 3 ] || exit 1
  sleep 5
done
chmod 755 "$bin/mf6" "$bin/mf2005"

# A participant's notebook says the same: flopy.which("mf6")
runuser -u nobody -- env -i HOME=/nonexistent "PATH=$bin:/usr/bin:/bin" mf6 --version
