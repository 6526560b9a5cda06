import { strict as assert } from "node:assert";
import type { Server } from "node:http";
import type { DesiredMachine } from "../../rehearsal/machines/desired";
import { Fleet } from "../../rehearsal/machines/fleet";
import { namesOf } from "../../rehearsal/machines/names";
import { answers, dial, identity, lab, machine, serve, ssh, tcp, until, wish } from "./machinesLab";

const SERVICES_URL = "http://169.254.77.77/";

describe("machines: one machine", () => {
  const { options, remove } = lab("one");
  const { hostKey, userData } = identity();
  const lines: string[] = [];
  let fleet: Fleet;
  let server: Server & { port: number };
  let one: DesiredMachine;

  /** Brings the machine in line with a change, which stays. */
  const change = async (to: Partial<DesiredMachine>): Promise<void> => {
    one = { ...one, ...to };
    await fleet.bringInLine(wish([one]));
  };
  const inside = async (script: string): Promise<string> => {
    const { stdout, stderr } = await fleet.exec(one.instanceId, ["sh", "-c", script]);
    return (stdout + stderr).trim();
  };
  /** A boot forgets what is in /run. In between, nothing can be run. */
  const hasRestarted = async (): Promise<boolean> => {
    const look = inside("[ -e /run/before-reboot ] || echo anew");
    return (await look.catch(() => "")) === "anew";
  };

  before(async () => {
    server = await serve("services", "0.0.0.0");
    fleet = await Fleet.open({
      ...options,
      servicesPort: server.port,
      tlsPort: 1,
      log: (line) => lines.push(line),
    });
    one = machine(1, { userData });
    await fleet.bringInLine(wish([one]));
    await until(() => answers(one.address));
  });

  after(async () => {
    server.close();
    await remove();
  });

  it("boots with the host key, user and host name that AWS was told", async () => {
    await inside("cloud-init status --wait");
    const said = await ssh(one.address ?? "", "sudo -n id -un; hostname; cat /var/lib/first-boots");
    assert.deepEqual(said, { hostKey, output: `root\n${one.hostname}\nbooted\n` });
  });

  it("hides the user data from ordinary users", async () => {
    const seed = "/var/lib/cloud/seed/nocloud/user-data";
    assert.match(await inside(`setpriv --reuid=nobody cat ${seed}`), /Permission denied/);
  });

  it("sees no disk of this computer", async () => {
    assert.equal(await inside("find /dev -type b"), "");
  });

  it("enforces the memory limit of a unit, as JupyterHub needs", async () => {
    const greedy = `python3 -c "b'a' * 200_000_000"`;
    const limited = await inside(`systemd-run --wait -p MemoryMax=50M ${greedy}`);
    assert.match(limited, /code=killed/);
    const unlimited = await inside(`systemd-run --wait ${greedy}`);
    assert.match(unlimited, /code=exited\/status=0/);
  });

  it("keeps silent on a port that is closed, and on one that is open to others", async () => {
    await change({ ingress: [tcp(80), tcp(22, "203.0.113.0/24")] });
    const attempt = dial(one.address ?? "", 22);
    // Nothing listens on port 80: the machine itself refuses, so it can be reached.
    await assert.rejects(dial(one.address ?? "", 80).line, /ECONNREFUSED/);
    await change({ ingress: [tcp(80)] });
    assert.ok(attempt.isPending());
    await change({ ingress: [tcp(22)] });
    assert.match(await attempt.line, /^SSH-/);
    attempt.socket.destroy();
  });

  it("cuts a connection when its rule goes away, and no other", async () => {
    await inside("systemd-run --unit=web python3 -m http.server 8080");
    await until(async () => (await inside("curl -s http://localhost:8080/")) !== "");
    await change({ ingress: [tcp(22), { ...tcp(8000), toPort: 8100 }] });
    const [staying, going] = [dial(one.address ?? "", 8080), dial(one.address ?? "", 22)];
    await going.line;
    await change({ ingress: [{ ...tcp(8000), toPort: 8100 }] });
    const cut = new Promise<Error>((resolve) => going.socket.once("error", resolve));
    going.socket.write("SSH-2.0-test\r\n");
    assert.match((await cut).message, /ECONNRESET/);
    staying.socket.write("GET / HTTP/1.0\r\n\r\n");
    assert.match(await staying.line, /200 OK/);
    await change({ ingress: [tcp(22)] });
  });

  it("sends only what its egress rules permit, but always to services and resolver", async () => {
    const [open, closed] = [
      await serve("open", fleet.gateway),
      await serve("closed", fleet.gateway),
    ];
    try {
      const url = (at: { port: number }): string => `http://${fleet.gateway}:${at.port}/`;
      await change({ egress: [tcp(open.port)] });
      const attempt = inside(`curl -s ${url(closed)}`);
      assert.equal(await inside(`curl -s ${url(open)}; curl -s ${SERVICES_URL}`), "open\nservices");
      const own = namesOf(options.name).container(one.instanceId);
      assert.match(await inside(`getent hosts ${own}`), /^10\.231\./);
      await change({ egress: [tcp(closed.port, `${fleet.gateway}/32`)] });
      assert.equal(await attempt, "closed");
    } finally {
      open.close();
      closed.close();
    }
  });

  it("comes back by itself from a reboot from inside, with its host key and its rules", async () => {
    await inside("touch /run/before-reboot; systemctl reboot");
    await until(hasRestarted);
    await until(() => answers(one.address));
    const said = await ssh(one.address ?? "", "cat /var/lib/first-boots");
    assert.deepEqual(said, { hostKey, output: "booted\n" });
    const attempt = inside(`curl -s http://${fleet.gateway}:${server.port}/`);
    assert.equal(await inside(`curl -s ${SERVICES_URL}`), "services");
    await change({ egress: [tcp(server.port)] });
    assert.equal(await attempt, "services");
  });

  it("comes back from a reboot by AWS", async () => {
    await inside("touch /run/before-reboot");
    await fleet.reboot(one.instanceId);
    await until(hasRestarted);
    await until(() => answers(one.address));
  });

  it("stays down after it was switched off from inside, until it is started", async () => {
    await inside("systemctl poweroff");
    await until(() =>
      inside("true").then(
        () => false,
        (failure: Error) => failure.message.includes("doesn't run"),
      ),
    );
    lines.length = 0;
    await fleet.bringInLine(wish([one]));
    assert.ok(lines.includes(`machine ${one.instanceId}: starts`));
    await until(() => answers(one.address));
  });

  it("is shut down in order, and keeps disk and addresses while it is stopped", async () => {
    await inside("systemd-run --unit=tidy -p ExecStop='touch /tidied' sleep infinity");
    const before = await inside("hostname -I");
    await change({ state: "stopped" });
    const attempt = dial(one.address ?? "", 22);
    await assert.rejects(inside("true"), /doesn't run/);
    assert.ok(attempt.isPending());
    attempt.socket.destroy();
    await change({ state: "running" });
    await until(() => answers(one.address));
    assert.equal(await inside("ls /tidied; hostname -I"), `/tidied\n${before}`);
  });

  it("is found running by a fleet that is opened later", async () => {
    await inside("touch /run/same-boot");
    fleet = await Fleet.open({ ...options, servicesPort: server.port, tlsPort: 1 });
    assert.equal(await answers(one.address), true);
    await fleet.bringInLine(wish([one]));
    assert.equal(await inside("ls /run/same-boot"), "/run/same-boot");
    assert.equal(await inside(`curl -s ${SERVICES_URL}`), "services");
  });

  it("has a larger root volume at its next start", async () => {
    const disk = async (): Promise<number> =>
      Number(await inside("df -BG --output=size / | tail -1 | tr -dc 0-9"));
    const before = await disk();
    await change({ state: "stopped" });
    const wanted = { machines: [{ ...one, state: "running" as const }] };
    one = wanted.machines[0];
    await fleet.bringInLine({ ...wanted, volumes: [{ volumeId: one.rootVolumeId, sizeGiB: 12 }] });
    assert.ok((await disk()) > before + 2);
  });
});
