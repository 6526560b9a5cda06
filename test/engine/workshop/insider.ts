/** What a participant reaches from the own server, in a terminal or a notebook there. */
import assert from "node:assert/strict";
import type { Lab } from "./lab";
import { inOwnServer, type Attempt } from "./ownServer";

const SECRET = "the work of bo";

/** What root finds on the server and no participant may read. */
const HIDDEN = [
  "/home/jupyter-bo/work.txt",
  "/srv/workshop/home/jupyter-bo/work.txt",
  "/home/jupyter-bo",
  "/opt/tljh/state",
  "/opt/tljh/state/jupyterhub.sqlite",
  "/opt/tljh/state/acme.json",
  "/opt/tljh/config",
  "/srv/workshop/tljh-state",
  "/etc/git-credentials",
  "/etc/shadow",
  "/etc/ssh/ssh_host_ed25519_key",
  "/etc/sudoers.d",
  "/etc/workshop/sealed",
  "/home/ubuntu",
  "/root",
  "/run/jupyter-bo",
  "/run/workshop",
  "/var/lib/cloud/instance/user-data.txt",
  "/var/lib/cloud/instance/user-data.txt.i",
  "/var/lib/cloud/seed/nocloud/user-data",
  "/var/log/workshop",
];

const METADATA = "timeout 5 bash -c ': </dev/tcp/169.254.169.254/80'";

/** Calls of the hub's API that are not about the caller, and the status that refuses them. */
const CALLS: [method: string, path: string, body: string, status: number][] = [
  ["GET", "users", "", 403],
  ["GET", "users/bo", "", 404],
  ["GET", "users/bo/tokens", "", 403],
  ["PATCH", "users/ana", `{"admin": true}`, 403],
  ["POST", "users/eve", "", 403],
  ["DELETE", "users/bo", "", 403],
  ["POST", "users/bo/server", "", 403],
  ["DELETE", "users/bo/server", "", 403],
  ["POST", "users/ana/tokens", `{"scopes": ["admin:users"]}`, 403],
  ["GET", "proxy", "", 403],
  ["POST", "proxy", "", 403],
  ["GET", "services", "", 403],
  ["GET", "groups", "", 403],
  ["POST", "shutdown", "", 403],
];

function attempts(portOfBo: string) {
  const token = `-H "Authorization: token $JUPYTERHUB_API_TOKEN"`;
  const status = `curl -s -o /dev/null -m 10 -w '%{http_code} '`;
  const hub = (base: string) =>
    CALLS.map(([method, path, body]) => {
      const data = body && `-d '${body}'`;
      return `${status} -X ${method} ${token} ${data} ${base}/hub/api/${path}`;
    }).join("\n");
  const theirs = `http://127.0.0.1:${portOfBo}/user/bo/api/contents`;
  return {
    own: `echo mine >~/own.txt; cat ~/own.txt; curl -fs ${token} $JUPYTERHUB_API_URL/user | grep -o '"name": "ana"'`,
    hidden: HIDDEN.map((path) => `cat ${path} || ls ${path}/`).join("\n"),
    root: "sudo -n id; su -c id </dev/null; systemd-run id; systemctl stop jupyter-bo",
    processes: "ps -eo user:20= | sort -u; cat /proc/1/cmdline",
    temporary: "ls /tmp /var/tmp",
    ports: `for port in 80 443 890 1023; do python3 -m http.server --bind 127.0.0.1 $port; done`,
    metadata: METADATA,
    direct: hub("http://127.0.0.1:15001"),
    proxied: hub("http://127.0.0.1"),
    proxy: [
      ...["8099/api/rawdata", "8099/dashboard/"].map((at) => `${status} http://127.0.0.1:${at}`),
      // What the proxies of other hubs listen on, and the door of git, for what it does not list.
      ...["8001/api/routes", "8081/hub/api", "15002/api/routes", "890/api/rawdata"].map(
        (at) => `${status} http://127.0.0.1:${at}`,
      ),
    ].join("\n"),
    theirs: `${status} ${token} ${theirs}\n${status} ${theirs}\n${status} '${theirs}?token=guess'`,
    ssh: `mkdir -p -m 700 ~/.ssh; ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/own <<<y >/dev/null
      cp ~/.ssh/own.pub ~/.ssh/authorized_keys
      ssh -i ~/.ssh/own -o BatchMode=yes -o StrictHostKeyChecking=no jupyter-ana@127.0.0.1 id`,
  };
}

export function keepsParticipantsApart(workshop: () => Lab): void {
  describe("to a participant", () => {
    let found: Record<keyof ReturnType<typeof attempts>, Attempt>;
    let passwords: Record<string, string>;
    before(async () => {
      passwords = (await workshop().outputs()).passwords;
      await inOwnServer(workshop(), "bo", passwords["bo"] ?? "", {
        work: `echo ${SECRET} >~/work.txt; touch /tmp/of-bo /var/tmp/of-bo`,
      });
      const { stdout } = await workshop().onServer(
        "ss -Hltnp | grep pid=$(systemctl show -p MainPID --value jupyter-bo), | grep -o ':[0-9]*'",
      );
      const port = stdout.split("\n")[0]?.slice(1) ?? "";
      assert.match(port, /^\d+$/);
      found = await inOwnServer(workshop(), "ana", passwords["ana"] ?? "", attempts(port));
    });

    it("gives the own files and the own account", () => {
      assert.deepEqual(found.own, { status: 0, text: 'mine\n"name": "ana"\n' });
    });

    it("shows neither others' files nor the server's secrets", async () => {
      const there = await workshop().onServer(
        `for path in ${HIDDEN.join(" ")}; do [ -e "$path" ] || echo "$path"; done`,
      );
      assert.equal(there.stdout, "", "not there at all");
      const lines = found.hidden.text.trimEnd().split("\n");
      assert.equal(lines.length, 2 * HIDDEN.length, found.hidden.text);
      // Of a file in a folder that all may list, only that it is there.
      for (const line of lines) assert.match(line, /(Permission denied|Not a directory)$/);
    });

    it("gives no way to root or to another's server", () => {
      assert.doesNotMatch(found.root.text, /uid=0/);
      assert.match(found.root.text, /Failed to start transient service unit: Access denied/);
      assert.match(found.root.text, /Failed to stop jupyter-bo\.service: Access denied/);
    });

    it("shows neither others' processes nor their temporary files", () => {
      assert.match(found.processes.text, /^jupyter-ana\ncat: .*No such file/);
      assert.doesNotMatch(found.temporary.text, /of-bo|jupyter-bo/);
    });

    it("lets nobody listen where the hub and git's door do", () => {
      const refused = found.ports.text.match(/Permission denied|Address already in use/g);
      assert.equal(refused?.length, 4, found.ports.text);
    });

    it("keeps the metadata service for root, behind two barriers", async () => {
      assert.match(found.metadata.text, /Connection refused/);
      const rule = "OUTPUT -d 169.254.169.254 -m owner ! --uid-owner 0 -j REJECT";
      await workshop().onServer(`iptables -D ${rule}`);
      const { metadata } = await inOwnServer(workshop(), "ana", passwords["ana"] ?? "", {
        metadata: METADATA,
      });
      const back = await workshop().onServer(
        `systemctl restart workshop-block-metadata && iptables -C ${rule} && ip6tables -S OUTPUT`,
      );
      assert.equal(metadata.status, 124, metadata.text);
      assert.equal(back.exitCode, 0);
      assert.match(back.stdout, /-d fd00:ec2::254\/128 -m owner ! --uid-owner 0 -j REJECT/);
    });

    it("answers no call of the hub's API that is about others or for administrators", () => {
      const statuses = CALLS.map(([, , , status]) => `${status} `).join("");
      assert.equal(found.direct.text, statuses);
      assert.equal(found.proxied.text, statuses);
    });

    it("asks a password for the proxy's API, and shows it nowhere else", () => {
      assert.equal(found.proxy.text, "401 401 000 000 000 404 ");
    });

    it("opens no other participant's server, asked on its own port", () => {
      assert.equal(found.theirs.text, "403 403 403 ");
    });

    it("lets nobody out of the own server's limits by SSH from inside", () => {
      assert.match(found.ssh.text, /jupyter-ana@127\.0\.0\.1: Permission denied \(publickey\)/);
      assert.doesNotMatch(found.ssh.text, /uid=/);
    });
  });
}

/** After a start of the machine. */
export function staysClosed(workshop: () => Lab): void {
  describe("to a participant, after a new start of the machine", () => {
    it("has its doors closed, too", async () => {
      await workshop().serverShows("curl -fsS http://127.0.0.1/hub/health");
      const { passwords } = await workshop().outputs();
      const { metadata } = await inOwnServer(workshop(), "ana", passwords["ana"] ?? "", {
        metadata: METADATA,
      });
      assert.match(metadata.text, /Connection refused/);
      const { stdout } = await workshop().onServer("sshd -T -C user=root; iptables -S OUTPUT");
      assert.match(stdout, /^permitrootlogin no$/m);
      assert.equal(stdout.match(/169\.254\.169\.254/g)?.length, 1);
    });
  });
}
