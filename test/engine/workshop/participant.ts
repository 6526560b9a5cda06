/** What a person gets who logs in: a server of one's own, and a kernel in it. */
import assert from "node:assert/strict";
import type { Lab } from "./lab";

/**
 * Logs in with curl, as a browser does with its cookies, starts the person's server and a kernel in
 * it, and prints where it ended, the kernel's state, and how its messages travel. NAME, and on
 * standard input the password, which no command line shows.
 */
const WORK = `
set -e
cd "$(mktemp -d)"; trap 'rm -rf "$PWD"' EXIT
visit() { curl -sS --cookie jar --cookie-jar jar --max-time 20 "$@"; }
token() { awk -v path="$1" '$3 == path && $6 == "_xsrf" { print $7 }' jar; }
site=http://127.0.0.1
visit -o /dev/null $site/hub/login
visit -o /dev/null --data-urlencode "username=$NAME" --data-urlencode password@- \\
  "$site/hub/login?_xsrf=$(token /hub/)"
visit -o /dev/null -L $site/hub/spawn
for _ in $(seq 100); do
  page=$(visit -L -o lab.html -w '%{http_code} %{url_effective}' $site/user/$NAME/lab)
  case "$page" in "200 $site/user/$NAME/lab"*) break ;; esac
  sleep 0.3
done
echo "$page"
grep -o '<title>[^<]*' lab.html
kernels=$site/user/$NAME/api/kernels
id=$(visit -X POST -H "X-XSRFToken: $(token /user/$NAME/)" -d '{}' $kernels |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
for _ in $(seq 100); do
  state=$(visit $kernels/$id | python3 -c 'import json, sys; print(json.load(sys.stdin)["execution_state"])')
  [ "$state" = starting ] || break
  sleep 0.3
done
echo "$state"
grep -h '"transport"' /home/jupyter-$NAME/.local/share/jupyter/runtime/kernel-$id.json
stat -c '%a %U' /home/jupyter-$NAME
`;

export function worksForParticipants(workshop: () => Lab): void {
  it("gives who logs in JupyterLab and a kernel, whose messages need no TCP port", async () => {
    const { passwords } = await workshop().outputs();
    const { stdout, stderr } = await workshop().onServer(
      `NAME=nicolas\n${WORK}`,
      passwords["nicolas"],
    );
    const [page, title, state, transport, home] = stdout.split("\n");
    assert.match(page ?? "", /^200 http:\/\/127\.0\.0\.1\/user\/nicolas\/lab/, stdout + stderr);
    assert.equal(title, "<title>JupyterLab");
    assert.ok(["idle", "busy"].includes(state ?? ""), state);
    assert.match(transport ?? "", /"transport": "ipc"/);
    assert.match(home ?? "", /^7[0-7]0 jupyter-nicolas$/);
  });
}
