/** What a person gets who logs in: a server of one's own, and a kernel in it. */
import assert from "node:assert/strict";
import type { Lab } from "./lab";

/**
 * Logs in with curl, as a browser does with its cookies, starts the person's server and a kernel in
 * it, and prints where it ended, how the kernel's messages travel, and what it computes. NAME, and on
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
file=/home/jupyter-$NAME/.local/share/jupyter/runtime/kernel-$id.json
grep -h '"transport"' $file
runuser -u jupyter-$NAME -- /opt/tljh/user/bin/python3 -c '
import sys
from jupyter_client import BlockingKernelClient
kernel = BlockingKernelClient(connection_file=sys.argv[1])
kernel.load_connection_file()
kernel.start_channels()
kernel.wait_for_ready(timeout=30)
kernel.execute_interactive("print(5 * 4)", timeout=30)
' $file
stat -c '%a %U' /home/jupyter-$NAME
`;

export function worksForParticipants(workshop: () => Lab): void {
  it("gives who logs in JupyterLab and a kernel that computes, and needs no TCP port", async () => {
    const { passwords } = await workshop().outputs();
    const { stdout, stderr } = await workshop().onServer(
      `NAME=nicolas\n${WORK}`,
      passwords["nicolas"],
    );
    const [page, title, transport, result, home] = stdout.split("\n");
    assert.match(page ?? "", /^200 http:\/\/127\.0\.0\.1\/user\/nicolas\/lab/, stdout + stderr);
    assert.equal(title, "<title>JupyterLab");
    assert.match(transport ?? "", /"transport": "ipc"/);
    assert.equal(result, "20", stderr);
    assert.match(home ?? "", /^7[0-7]0 jupyter-nicolas$/);
  });
}
