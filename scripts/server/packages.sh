#!/usr/bin/env bash
# Phase 5 of the guide: packages for everybody, in the user environment of TLJH, beside it those of
# the system, and a script of the workshop's own.
#
# All is worked out before anything changes. Then: apt, because what pip builds may need it; conda;
# pip, held to what conda has put in; the script. It ends with a proof that people can work as
# before; where they cannot, the environment is put back as it was, by file, and the error says why.
# Interrupted, the next run puts it back first.
#
# REQUEST           what is asked for, in JSON; see packages/packages.py
# APT               list of apt's packages
# SCRIPT            text of a bash script, run as root when it is new or changed; may be empty
# REQUIREMENTS_URL  web address of a requirements file; may be empty
# ONLY_SHOW         yes: nothing is changed
# APT_WAIT_MINUTES  how long to wait for another package installation
# PROGRAMS          table of file name to text: the files of the folder `packages`; by hand that
#                   folder is taken
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"

# Participants read what is put in; a command of a person's comes with a stricter one.
umask 022
python=/usr/bin/python3
script_done=/var/lib/workshop/packages-script

exec 9>/run/workshop-packages.lock
flock -n 9 || {
  say "Waiting for another change of the packages to end"
  flock 9
}
folder=$(mktemp -d /var/tmp/workshop-packages.XXXXXX)
trap 'rm -rf "$folder"' EXIT
unpack_programs "$folder" "$(dirname "$0")"/packages/*.py

packages() { $python -I "$folder/packages.py" "$1" "$folder"; }

write_request() {
  local file=$folder/requirements.txt
  : >"$file"
  if [ -n "${REQUIREMENTS_URL:-}" ]; then
    quietly "The requirements file cannot be downloaded from $REQUIREMENTS_URL; nothing was changed" \
      "pulumi config set requirementsUrl https://…, if the address is wrong; then pulumi up" \
      curl -fsSL --retry 3 --retry-all-errors --max-time 60 -o "$file" "$REQUIREMENTS_URL"
  fi
  REQUEST=$REQUEST STACK=${STACK:-} $python -I - "$file" "$folder/request.json" <<'PYTHON'
import json, os, sys

request = json.loads(os.environ["REQUEST"])
with open(sys.argv[1], encoding="utf-8") as file:
    request["requirements"] = request.get("requirements", "") + "\n" + file.read()
request["stack"] = os.environ["STACK"]
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(request, file)
PYTHON
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

missing=()
solve_apt() {
  local name output near
  for name in "${APT[@]}"; do is_installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  apt update
  for name in "${missing[@]}"; do
    apt-cache show "$name" >/dev/null 2>&1 && continue
    near=$(apt-cache pkgnames | $python -Ic '
import difflib, sys
print(*difflib.get_close_matches(sys.argv[1], sys.stdin.read().split(), 1))' "$name")
    fail "apt has no package $name${near:+; $near is meant?} Nothing was changed" "$name" \
      "a package of $(. /etc/os-release && echo "$PRETTY_NAME")" "npm run package -- add ${near:-NAME} --apt --stack ${STACK:-NAME}"
  done
  output=$(apt-get -s install --no-install-recommends "${missing[@]}" 2>&1) || fail \
    "apt cannot install ${missing[*]}; nothing was changed" \
    "$(grep -v '^NOTE' <<<"$output" | tail -n 3 | tr '\n' ' ')" "packages that go together" "pulumi up"
  say "apt: new $(grep -c '^Inst ' <<<"$output"): $(sed -n 's/^Inst \([^ ]*\).*/\1/p' <<<"$output" | tr '\n' ' ' | cut -c1-500)"
  need_space / $((300 + $(apt-get --print-uris -qq -y install --no-install-recommends "${missing[@]}" |
    awk '{sum += $3} END {printf "%d", sum * 5 / 1048576}'))) "apt's packages"
}

script_hash() { sha256sum <<<"$SCRIPT" | cut -d' ' -f1; }
is_new_script() { [ -n "${SCRIPT:-}" ] && [ "$(cat "$script_done" 2>/dev/null)" != "$(script_hash)" ]; }

run_script() {
  local file=$folder/script status=0
  printf '%s\n' "$SCRIPT" >"$file"
  say "Running packagesScript"
  # Not the pipe's status, which is grep's: nothing printed is no fault.
  (cd / && env -i HOME=/root LC_ALL=C.UTF-8 PATH="/opt/tljh/user/bin:$PATH" bash "$file" </dev/null 2>&1) \
    >"$folder/output" || status=$?
  tail -n 20 "$folder/output"
  [ "$status" = 0 ] && return
  packages put-back
  explain_full_disk
  fail "packagesScript failed; the user environment is as it was" \
    "exit status $status; $(tail -n 3 "$folder/output" | tr '\n' ' ' | cut -c1-600)" \
    "it ends with 0, also when it is run a second time" "mend the script, then pulumi up"
}

write_request
packages put-back
say "Working out what is to be done"
packages solve
solve_apt
[ "${ONLY_SHOW:-no}" = no ] || exit 0
[ ${#missing[@]} = 0 ] || apt install --no-install-recommends "${missing[@]}"
nothing=$($python -Ic '
import json, sys
plan = json.load(open(sys.argv[1]))
print("no" if any(plan[key] for key in ("link", "items", "gone")) else "yes")' "$folder/plan.json")
if [ "$nothing" = no ] || is_new_script; then
  packages apply
  if is_new_script; then run_script; fi
  packages prove
  [ -z "${SCRIPT:-}" ] || script_hash | put "$script_done" 600 root:root
fi
packages finish
