#!/usr/bin/env bash
# Looks at the repositories of the course as git does: which branches there are, and which paths the
# branches of the links have. Changes nothing but its own cache. Prints one line of JSON:
# a list with, for each name, {name, said} when git cannot read the repository, else {name, branches,
# default, commit, paths, folders, attributes, modules}; without commit and what follows when the branch is missing.
#
# ACTION        look, or remove: takes the cache away
# NAMES         list of entries; the tables below have a value for each
# URLS          table of addresses of the repositories
# BRANCHES      table of branches
# shellcheck source=scripts/server/lib.sh
[ -n "${STACK:-}" ] || . "$(dirname "$0")/lib.sh"
umask 077

cache=/var/cache/workshop-content
credentials=/etc/git-credentials

if [ "$ACTION" = remove ]; then
  rm -rf "$cache"
  exit
fi

# Root's own view: participants' git configuration sends reading to the hub's proxy, which may not
# know these repositories yet.
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=true
export GIT_HTTP_LOW_SPEED_LIMIT=1000 GIT_HTTP_LOW_SPEED_TIME=20

git_here() {
  local helper=()
  # It only ever answers: plain `store` erases what is refused.
  [ ! -e "$credentials" ] ||
    helper=(-c "credential.helper=!f() { test \"\$1\" = get && git credential-store --file $credentials get; }; f")
  timeout 60 git "${helper[@]}" "$@"
}

# look NAME FOLDER: leaves what was found in files of the folder.
look() {
  local name=$1 out=$2 url=${URLS[$1]} branch=${BRANCHES[$1]} repository
  if ! git_here ls-remote --symref "$url" HEAD 'refs/heads/*' >"$out/refs" 2>"$out/said"; then
    [ -s "$out/said" ] || echo "no answer within a minute" >"$out/said"
    return
  fi
  rm "$out/said"
  cut -f2 "$out/refs" | grep -qxF "refs/heads/$branch" || return 0
  repository=$cache/$(printf '%s' "$url" | sha256sum | cut -c1-16)
  # Two entries may share a repository; another look may still be at it.
  exec 8>"$repository.lock"
  flock -w 100 8
  if ! git -C "$repository" rev-parse --git-dir >/dev/null 2>&1; then
    rm -rf "$repository"
    git init -q --bare "$repository"
    git -C "$repository" config remote.origin.promisor true
    git -C "$repository" config remote.origin.partialclonefilter blob:none
  fi
  git -C "$repository" config remote.origin.url "$url"
  rm -f "$repository"/*.lock "$repository"/refs/heads/*.lock
  if ! git_here -C "$repository" fetch -q --no-tags --depth 1 --filter=blob:none \
    origin "+refs/heads/$branch" 2>"$out/said"; then
    [ -s "$out/said" ] || echo "no answer within a minute" >"$out/said"
    return
  fi
  rm "$out/said"
  git -C "$repository" rev-parse FETCH_HEAD >"$out/commit"
  git -C "$repository" ls-tree -r -t -z --full-tree FETCH_HEAD >"$out/tree"
  git_here -C "$repository" show FETCH_HEAD:.gitattributes >"$out/attributes" 2>/dev/null || true
  git_here -C "$repository" config --blob FETCH_HEAD:.gitmodules --get-regexp \
    '^submodule\..*\.url$' >"$out/modules" 2>/dev/null || true
}

mkdir -p "$cache"
chmod 700 "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
for name in "${NAMES[@]}"; do
  mkdir "$work/$number"
  printf '%s' "$name" >"$work/$number/name"
  # Side by side, since each waits for the host most of the time.
  (look "$name" "$work/$number") &
  number=$((number + 1))
done
wait

python3 - "$work" "$number" <<'PYTHON'
import json, os, sys

folder, count = sys.argv[1], int(sys.argv[2])


def read(number, name):
    try:
        with open(os.path.join(folder, str(number), name), "rb") as file:
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def entry(number):
    found = {"name": read(number, "name")}
    said = read(number, "said")
    if said is not None:
        return {**found, "said": said.strip()[-1000:]}
    refs = [line.split("\t", 1) for line in (read(number, "refs") or "").splitlines()]
    heads = "refs/heads/"
    found["branches"] = [ref[len(heads):] for _, ref in refs if ref.startswith(heads)]
    default = [about for about, ref in refs if ref == "HEAD" and about.startswith("ref: " + heads)]
    found["default"] = default[0][len("ref: " + heads):] if default else ""
    if read(number, "commit") is None:
        return found
    tree = [line.split("\t", 1) for line in (read(number, "tree") or "").split("\0") if line]
    kinds = [(about.split(" ")[1], path) for about, path in tree]
    modules = [line.split(" ", 1)[1] for line in (read(number, "modules") or "").splitlines()]
    return {
        **found,
        "commit": read(number, "commit").strip(),
        "paths": [path for kind, path in kinds if kind != "tree"],
        "folders": [path for kind, path in kinds if kind == "tree"],
        "attributes": read(number, "attributes") or "",
        "modules": modules,
    }


print(json.dumps([entry(number) for number in range(count)]))
PYTHON
