import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { AcmeControl } from "../../rehearsal/acme/client";
import { freePort } from "../../rehearsal/cloud/ports";
import { folderOf, runningDaemon } from "../../rehearsal/folder";
import { tryAsRoot, type Finished } from "../../rehearsal/machines/command";
import { Containers } from "../../rehearsal/machines/containers";
import { namesOf } from "../../rehearsal/machines/names";
import { startRehearsal, stopRehearsal } from "../../rehearsal/rehearsal";
import { makeSite, REGION, runInstance } from "./cloudLab";
import { until } from "./machinesLab";

const HOSTS = ["acme-v02.api.letsencrypt.org", "acme-staging-v02.api.letsencrypt.org"];

/** Certificates in a PEM text. */
function certificatesIn(pem: string): X509Certificate[] {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return texts.map((text) => new X509Certificate(text));
}

/** In order, on one machine. What a hub gets from it is in test/engine/secure. */
describe("the rehearsal's Let's Encrypt, seen from a machine", function () {
  const name = `test-acme-${process.pid}`;
  let port: number;
  let acme: AcmeControl;

  const start = () => startRehearsal({ name, port, say: () => undefined });

  before(async () => {
    port = await freePort();
    const { endpoint } = await start();
    acme = new AcmeControl(endpoint);
    const credentials = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };
    const client = new EC2Client({ region: REGION, endpoint, credentials });
    await runInstance(client, await makeSite(client));
    client.destroy();
    await until(async () => (await bash("test -d /run/systemd/system")).exitCode === 0);
  });
  after(() => stopRehearsal(name));

  /** Runs bash lines as root on the machine, with nothing but the machine's own trust. */
  const bash = async (lines: string): Promise<Finished> => {
    const [machine] = await new Containers(namesOf(name)).list();
    const enter = ["nsenter", "--all", "--target", String(machine?.pid)];
    return tryAsRoot([...enter, "env", "-i", "bash", "-ec", lines]);
  };
  const can = async (lines: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await bash(lines);
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  };
  /** Whether the machine takes this for a root of the web. */
  const trusts = async (root: X509Certificate): Promise<boolean> => {
    const store = "-no-CApath -CAfile /etc/ssl/certs/ca-certificates.crt";
    const verify = `openssl verify ${store} <<'PEM'\n${root.toString()}PEM`;
    return (await bash(verify)).exitCode === 0;
  };
  /** Process ids of the daemon's Pebbles. */
  const pebbles = (): number[] =>
    fs
      .readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(folderOf(name).acme))
      .map(Number);

  it("is there under the real names, which the machine trusts, and under one that it doesn't", async () => {
    for (const host of HOSTS) {
      const { newOrder } = JSON.parse(await can(`curl -sS https://${host}/directory`)) as {
        newOrder: string;
      };
      assert.match(newOrder, new RegExp(`^https://${host}/`));
    }
    const own = "https://acme.test/directory";
    const { stderr } = await bash(`curl -sS ${own}`);
    assert.match(stderr, /unable to get local issuer certificate/);
    const authority = await acme.privateAuthority();
    await can(`curl -sS --cacert <(cat <<'PEM'\n${authority}PEM\n) ${own}`);
  });

  it("is trusted as the real one: its roots are in the machine's store, staging's are not", async () => {
    const [production] = certificatesIn(await acme.roots());
    const [staging] = certificatesIn(await acme.roots("staging"));
    assert.ok(production && staging);
    assert.deepEqual([await trusts(production), await trusts(staging)], [true, false]);
  });

  it("has new roots after a start, which running machines trust beside the old", async () => {
    process.kill(runningDaemon(name)?.pid ?? 0, "SIGKILL");
    await start();
    const roots = certificatesIn(fs.readFileSync(await acme.rootsFile(), "utf8"));
    assert.equal(roots.length, 2);
    assert.deepEqual(await Promise.all(roots.map(trusts)), [true, true]);
    // All of it is the rehearsal's, and goes with it.
    assert.ok((await acme.rootsFile()).startsWith(folderOf(name).folder));
  });

  it("is started again when it dies, and is trusted then", async () => {
    const before = certificatesIn(await acme.roots()).length;
    const running = pebbles();
    assert.equal(running.length, 2);
    for (const pid of running) process.kill(pid, "SIGKILL");
    const [host] = HOSTS;
    await until(async () => (await bash(`curl -sf https://${host}/directory`)).exitCode === 0);
    const roots = certificatesIn(await acme.roots());
    assert.equal(roots.length, before + 1);
    assert.deepEqual(
      await Promise.all(roots.map(trusts)),
      roots.map(() => true),
    );
  });
});

function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
