import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import { folderOf, runningDaemon } from "../../rehearsal/folder";
import { expiring } from "./expiring";
import { LetsEncryptLab } from "./letsEncryptLab";

const NAME = "hub.workshop.test";
/** The guide's steps of Phase 4. */
const ENABLE = [
  "set https.enabled true",
  "set https.letsencrypt.email it@example.org",
  `add-item https.letsencrypt.domains ${NAME}`,
  "reload proxy",
];

/** Bash lines that wait until a command succeeds; the certificate that visitors get is `served`. */
function until(command: string): string {
  const served = `openssl s_client -connect 127.0.0.1:443 -servername ${NAME} </dev/null 2>/dev/null`;
  return `served() { ${served} | openssl x509 "$@" 2>/dev/null; }
for i in $(seq 600); do ${command} >/dev/null && exit 0; sleep 0.1; done; ${command}`;
}

/** Roots in a PEM text, by the SHA-256 of each. */
function rootsOf(pem: string): X509Certificate[] {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return texts.map((text) => new X509Certificate(text));
}

/** In order, on one machine. */
describe("the rehearsal's Let's Encrypt, seen from a machine with TLJH", function () {
  let lab: LetsEncryptLab;

  before(async () => {
    lab = await LetsEncryptLab.open();
    await lab.machine();
  });
  after(() => lab?.close());

  /** Whether the machine takes this for a root of the web. */
  const trusts = async (root: X509Certificate): Promise<boolean> => {
    const store = "-no-CApath -CAfile /etc/ssl/certs/ca-certificates.crt";
    const verify = `openssl verify ${store} <<'PEM'\n${root.toString()}PEM`;
    return (await lab.onServer(verify)).exitCode === 0;
  };
  /** Opens the hub's page on the machine itself, with the machine's trust. */
  const page = `curl -sS -o /dev/null -w '%{http_code} %{http_version} %{num_connects}' --resolve ${NAME}:443:127.0.0.1 https://${NAME}/hub/login`;

  it("is there under the real names, which the machine trusts, and under one that it doesn't", async () => {
    for (const host of ["acme-v02.api.letsencrypt.org", "acme-staging-v02.api.letsencrypt.org"]) {
      const directory = await lab.can(`curl -sS https://${host}/directory`);
      const { newOrder } = JSON.parse(directory) as { newOrder: string };
      assert.match(newOrder, new RegExp(`^https://${host}/`));
    }
    const own = "https://acme.test/directory";
    const refused = await lab.onServer(`curl -sS ${own}`);
    assert.match(refused.stderr, /unable to get local issuer certificate/);
    const authority = await lab.acme.privateAuthority();
    await lab.can(`curl -sS --cacert <(cat <<'PEM'\n${authority}PEM\n) ${own}`);
  });

  it("is trusted as the real one: its roots are in the machine's store, staging's are not", async () => {
    const [production] = rootsOf(await lab.acme.roots());
    const [staging] = rootsOf(await lab.acme.roots("staging"));
    assert.ok(production && staging);
    assert.deepEqual([await trusts(production), await trusts(staging)], [true, false]);
  });

  it("gives the guide's steps a certificate that the machine trusts, with one order", async () => {
    await lab.dns.set(NAME, "A", lab.address);
    await lab.can(ENABLE.map((words) => `tljh-config ${words}`).join("; "));
    await lab.can(until(`[ "$(${page} 2>&1)" = '200 2 1' ]`));
    const http =
      "curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' http://127.0.0.1/hub/login";
    assert.equal(await lab.can(http), "301 https://127.0.0.1/hub/login");
    assert.deepEqual(
      (await lab.acme.orders()).map(({ names }) => names),
      [[NAME]],
    );
    assert.deepEqual(await lab.acme.orders("staging"), []);
  });

  it("renews a certificate that ends soon, by itself", async () => {
    const before = (await lab.acme.orders()).length;
    await lab.can(expiring(NAME, 20));
    await lab.can(until("served -checkend 2592000"));
    assert.equal((await lab.acme.orders()).length, before + 1);
    await lab.can(until(`[ "$(${page} 2>&1)" = '200 2 1' ]`));
  });

  it("takes certificates from an ACME server of an organisation's own", async () => {
    const before = (await lab.acme.orders()).length;
    const authority = await lab.acme.privateAuthority();
    await lab.can(`cat >/etc/acme-ca.pem <<'PEM'
${authority}PEM
mkdir -p /etc/systemd/system/traefik.service.d
cat >/etc/systemd/system/traefik.service.d/acme-ca.conf <<'UNIT'
[Service]
Environment=LEGO_CA_CERTIFICATES=/etc/acme-ca.pem LEGO_CA_SYSTEM_CERT_POOL=true
UNIT
cat >/opt/tljh/config/traefik_config.d/acme.toml <<'TOML'
[certificatesResolvers.letsencrypt.acme]
email = "it@example.org"
storage = "acme.json"
caServer = "https://acme.test/directory"
[certificatesResolvers.letsencrypt.acme.tlsChallenge]
TOML
rm /opt/tljh/state/acme.json
systemctl daemon-reload
tljh-config reload proxy`);
    await lab.can(until("served -noout -issuer | grep Pebble"));
    assert.equal((await lab.acme.orders()).length, before + 1);
    assert.match(
      await lab.can("cat /opt/tljh/state/acme.json"),
      /https:\/\/acme\.test\/my-account/,
    );
    await lab.can(until(`[ "$(${page} 2>&1)" = '200 2 1' ]`));
  });

  it("has new roots after a start, which running machines trust beside the old", async () => {
    const { name } = lab.rehearsal;
    await lab.startAgain(runningDaemon(name)?.pid ?? 0);
    const roots = rootsOf(fs.readFileSync(await lab.acme.rootsFile(), "utf8"));
    assert.equal(roots.length, 2);
    assert.deepEqual(await Promise.all(roots.map(trusts)), [true, true]);
    assert.equal(await lab.can(page), "200 2 1");
    // All of it is the rehearsal's, and goes with it.
    assert.ok((await lab.acme.rootsFile()).startsWith(folderOf(name).folder));
  });

  it("is started again when it dies, and then trusted again", async () => {
    const before = rootsOf(await lab.acme.roots()).length;
    const pebbles = lab.pebbles();
    assert.equal(pebbles.length, 2);
    for (const pid of pebbles) process.kill(pid, "SIGKILL");
    await lab.can(until("curl -sf https://acme-v02.api.letsencrypt.org/directory"));
    const roots = rootsOf(await lab.acme.roots());
    assert.equal(roots.length, before + 1);
    assert.deepEqual(
      await Promise.all(roots.map(trusts)),
      roots.map(() => true),
    );
  });
});
