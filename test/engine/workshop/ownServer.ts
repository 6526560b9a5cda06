/** A participant's own server, and what runs in it: as in a terminal or a notebook of theirs. */
import assert from "node:assert/strict";
import type { Lab } from "./lab";

/**
 * Logs in with curl, as a browser does with its cookies; `visit` goes on with the session at `site`.
 * Wants NAME, and on standard input's first line the password, which no command line shows.
 */
export const LOG_IN = `
set -e
cd "$(mktemp -d)"; trap 'rm -rf "$PWD"' EXIT
visit() { curl -sS --cookie jar --cookie-jar jar --max-time 20 "$@"; }
token() { awk -v path="$1" '$3 == path && $6 == "_xsrf" { print $7 }' jar; }
site=http://127.0.0.1
IFS= read -r password || [ -n "$password" ]
visit -o /dev/null $site/hub/login
printf %s "$password" |
  visit -o /dev/null --data-urlencode "username=$NAME" --data-urlencode password@- \\
    "$site/hub/login?_xsrf=$(token /hub/)"
`;

/**
 * Logs in, and starts the person's server and a kernel in it. Sets `page`, where it ended, `id` of
 * the kernel and its connection `file`.
 */
export const START = `${LOG_IN}
visit -o /dev/null -L $site/hub/spawn
for _ in $(seq 100); do
  page=$(visit -L -o lab.html -w '%{http_code} %{url_effective}' $site/user/$NAME/lab)
  case "$page" in "200 $site/user/$NAME/lab"*) break ;; esac
  sleep 0.3
done
kernels=$site/user/$NAME/api/kernels
id=$(visit -X POST -H "X-XSRFToken: $(token /user/$NAME/)" -d '{}' $kernels |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
file=/run/jupyter-$NAME/kernel-$id.json
`;

/** Has the kernel compute what stands on standard input, and shows what it prints. */
export const COMPUTE = `
compute() {
  runuser -u jupyter-$NAME -- /opt/tljh/user/bin/python3 -c '
import sys
from jupyter_client import BlockingKernelClient
# A kernel whose heart does not beat within a second counts as dead; a slow one is only late.
for tries in range(30):
    kernel = BlockingKernelClient(connection_file=sys.argv[1])
    kernel.load_connection_file()
    kernel.start_channels()
    try:
        kernel.wait_for_ready(timeout=30)
        break
    except RuntimeError:
        kernel.stop_channels()
kernel.execute_interactive(sys.stdin.read(), timeout=60)
' $file
}
`;

/** What came of lines in a shell. */
export interface Attempt {
  status: number;
  /** Both streams. */
  text: string;
}

const EACH = `
import json, subprocess
ran = {}
for name, lines in json.loads(attempts).items():
    it = subprocess.run(["bash"], input=lines, stdout=-1, stderr=-2, text=True)
    ran[name] = {"status": it.returncode, "text": it.stdout}
print(json.dumps(ran))
`;

/**
 * Runs bash lines in a participant's own server, started through the hub: under its systemd unit,
 * with all that this takes away, and not only as the person's Unix user.
 *
 * @param attempts lines of each, by a name of its own
 */
export async function inOwnServer<Name extends string>(
  lab: Lab,
  name: string,
  password: string,
  attempts: Record<Name, string>,
): Promise<Record<Name, Attempt>> {
  const script = `NAME=${name}\n${START}${COMPUTE}compute`;
  const code = `attempts = ${JSON.stringify(JSON.stringify(attempts))}\n${EACH}`;
  const { exitCode, stdout, stderr } = await lab.onServer(script, `${password}\n${code}`);
  assert.equal(exitCode, 0, stdout + stderr);
  return JSON.parse(stdout) as Record<Name, Attempt>;
}
