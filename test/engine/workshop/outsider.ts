/** What somebody reaches who has nothing but the address of the server. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { Client } from "ssh2";
import { scriptSource, SSH_USER } from "../../../components/server";
import { assignments } from "../../../components/shell";
import { METADATA_UNIT, SSHD_CONFIG } from "../../../components/userData";
import { logIn } from "../../../providers/ssh";
import { visit } from "./hub";
import type { Lab } from "./lab";

/** Ports of services that should not be there at all, beside some by chance. */
const USUAL = [21, 23, 25, 53, 111, 139, 445, 3306, 5432, 6379, 8000, 8001, 8080, 8081, 8443, 8888];
const BY_CHANCE = 200;
/** A closed port is silent. */
const SILENCE_MS = 1500;

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: SILENCE_MS });
    const end = (does: boolean) => {
      socket.destroy();
      resolve(does);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
    socket.on("timeout", () => end(false));
  });
}

/** The ways to log in that the SSH server offers a user. */
function offered(host: string, username: string): Promise<string[]> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.on("error", reject);
    client.connect({
      host,
      username,
      authHandler: (left, _partly, next) => {
        // Asked before anything is known: without any.
        if (left === null) return next("none");
        resolve(left);
        client.end();
        return undefined;
      },
    });
  });
}

/** The step `doors`, as it is sent, with another configuration of SSH. */
function doors(config: string): string {
  const values = { STACK: "test", SSH_USER, SSHD_CONFIG: config, METADATA_UNIT };
  return assignments(values) + scriptSource("doors");
}

export function keepsOutsidersOut(workshop: () => Lab): void {
  describe("to an outsider", () => {
    it("answers on the security group's ports and on no other, though others listen", async () => {
      const { publicIp } = await workshop().outputs();
      const { stdout } = await workshop().onServer("ss -Hltn | awk '{print $4}'");
      const listening = [...stdout.matchAll(/:(\d+)$/gm)].map(([, port]) => Number(port));
      assert.ok(listening.includes(15001) && listening.includes(8099) && listening.includes(890));
      const chance = Array.from({ length: BY_CHANCE }, () => 1 + Math.floor(Math.random() * 65535));
      const ports = [...new Set([22, 80, 443, ...listening, ...USUAL, ...chance])];
      const found = await Promise.all(ports.map((port) => answers(publicIp, port)));
      const open = ports.filter((_, index) => found[index]);
      assert.deepEqual(
        open.filter((port) => port !== 443),
        [22, 80],
      );
    });

    it("offers SSH by key alone, to whichever user", async () => {
      const { publicIp } = await workshop().outputs();
      for (const user of ["ubuntu", "root", "jupyter-nicolas", "nobody-at-all"]) {
        assert.deepEqual(await offered(publicIp, user), ["publickey"], user);
      }
    });

    it("lets nobody log in as root, even with the right key", async () => {
      const { publicIp, sshPrivateKey, sshKnownHosts } = await workshop().outputs();
      const machine = {
        address: publicIp,
        privateKey: sshPrivateKey,
        hostKey: sshKnownHosts.replace(/^\S+ /, ""),
      };
      const result = await logIn({ ...machine, user: "ubuntu" }, 10);
      assert.equal(result.kind, "in");
      if (result.kind === "in") result.client.end();
      await workshop().onServer(
        "mkdir -p /root/.ssh; cp /home/ubuntu/.ssh/authorized_keys /root/.ssh/",
      );
      const asRoot = await logIn({ ...machine, user: "root" }, 10);
      await workshop().onServer("rm /root/.ssh/authorized_keys");
      assert.equal(asRoot.kind, "no-login");
    });

    it("never puts in force what its SSH server does not take or what another file overrules", async () => {
      const own = "/etc/ssh/sshd_config.d/00-own.conf";
      const step = (text: string) => workshop().onServer("bash", doors(text));
      const broken = await step(`${SSHD_CONFIG}NoSuchWord yes\n`);
      assert.equal(broken.exitCode, 1, broken.stderr);
      assert.match(broken.stderr, /the old one stays in force\n +received: .*NoSuchWord/);
      await workshop().onServer(`echo PasswordAuthentication yes >${own}; systemctl reload ssh`);
      const overruled = await step(SSHD_CONFIG);
      await workshop().onServer(`rm ${own}; systemctl reload ssh`);
      assert.equal(overruled.exitCode, 1);
      assert.match(
        overruled.stderr,
        /overrules the workshop's\n +received: passwordauthentication yes \(for root\)/,
      );
      const well = await step(SSHD_CONFIG);
      assert.equal(well.exitCode, 0, well.stderr);
    });

    it("tells nothing by the hub's or the proxy's API", async () => {
      const { url } = await workshop().outputs();
      const statusOf = (path: string) => visit(url + path, new Map());
      for (const path of ["users", "users/nicolas", "proxy", "services", "groups", "info"]) {
        assert.equal(await statusOf(`/hub/api/${path}`), 403, path);
      }
      assert.equal(await statusOf("/hub/metrics"), 403);
      // Not the proxy's: the hub's log-in page.
      assert.equal(await statusOf("/api/rawdata"), 302);
      assert.equal(await statusOf("/dashboard/"), 302);
    });
  });
}
