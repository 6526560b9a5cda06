/** What the machine holds, what one participant may take, what it costs, and what is looked at before. */
import assert from "node:assert/strict";
import { Participant } from "../../../scripts/participant/participant";
import type { Report } from "../../../scripts/preflightText";
import { succeeded, type Lab } from "../workshop/lab";

const GIB = 1024 ** 3;

/** Of the machine when this part has ended. */
export const LAST_TYPE = "t3.large";

export function size(workshop: () => Lab): void {
  const ask = (method: string, path: string, body: object = {}) =>
    fetch(`${workshop().rehearsal.endpoint}/rehearsal/${path}`, {
      method,
      body: JSON.stringify(body),
    });
  const silent = { action: "GetProducts", code: "Silence", times: 99 };

  /** A person's server on the hub. */
  async function atWork(name: string): Promise<Participant> {
    const { url, passwords } = await workshop().outputs();
    const participant = new Participant(url, { name, password: passwords[name] ?? "" });
    await participant.logIn();
    await participant.startServer();
    return participant;
  }

  /** Limits in force for a server: most memory in bytes, CPU in seconds a second, and its process. */
  async function inForce(name: string): Promise<string[]> {
    const keys = "MemoryMax CPUQuotaPerSecUSec MainPID".split(" ");
    const show = keys.map((key) => `systemctl show -p ${key} --value jupyter-${name}`).join("; ");
    return (await workshop().onServer(show)).stdout.trim().split("\n");
  }

  async function preflight(...args: string[]): Promise<Report & { exitCode: number }> {
    const { exitCode, text } = await workshop().command("preflight", "--json", ...args);
    try {
      return { ...(JSON.parse(text) as Report), exitCode };
    } catch {
      assert.fail(text);
    }
  }
  const stateOf = (report: Report) =>
    Object.fromEntries(report.rows.map(({ check, state }) => [check, state]));

  describe("its size and cost", () => {
    it("are told in a line each, by AWS's price list, and are an output", async () => {
      const { text, exitCode } = await workshop().preview("--expect-no-changes");
      assert.equal(exitCode, 0, text);
      assert.match(text, /Size: t3\.xlarge \(4 vCPU, 16 GiB\) holds about 20 participants/);
      assert.match(
        text,
        /Cost: about 4\.\d\d USD a day .* AWS's price list, in force since 2026-11/,
      );
      const { cost } = (await workshop().outputs()) as unknown as { cost: Record<string, unknown> };
      assert.equal(typeof cost["perDay"], "number");
    });

    it("warn of 20 participants on a machine for 5, with the command, and of what another type means", async () => {
      await ask("POST", "faults", silent);
      workshop().configure({ participants: 20, instanceType: "t3.medium" });
      const { text, exitCode } = await workshop().preview();
      await ask("DELETE", "faults");
      assert.equal(exitCode, 0, text);
      assert.match(
        text,
        /Size: t3\.medium .* holds about 3 participants .* 20 are configured\. The smallest type that would do is t3\.xlarge\. To mend it: pulumi config --stack test set instanceType t3\.xlarge/,
      );
      assert.match(text, /stops everybody for about 3 minutes/);
      // The price list said nothing all the while.
      assert.match(text, /t3\.medium 1\.08, .* by the program's table of 20/);
      workshop().configure({ participants: 2, instanceType: "t3.xlarge" });
    });

    it("are told before the first `up` too, with what is missing, and nothing is created", async () => {
      const before = await workshop().leftInAws();
      const ready = await preflight();
      assert.equal(ready.exitCode, 0, JSON.stringify(ready.rows));
      assert.deepEqual([...new Set(Object.values(stateOf(ready)))], ["green"]);
      assert.ok(ready.rows.some(({ found }) => /4 of 640 vCPUs in use, 0 more needed/.test(found)));

      await ask("PUT", "quotas", { vcpus: 4, addresses: 1 });
      workshop().configure({ instanceType: "t3.2xlarge", domain: "jupyter.example.org" });
      const missing = await preflight();
      workshop().configure({ instanceType: "t3.xlarge", domain: undefined });
      await ask("PUT", "quotas");
      assert.equal(missing.exitCode, 1);
      const red = missing.rows.filter(({ state }) => state === "red");
      assert.deepEqual(
        red.map(({ check }) => check),
        ["configuration"],
        JSON.stringify(missing.rows),
      );
      assert.match(red[0]?.mend ?? "", /acmeEmail/);
      assert.deepEqual(await workshop().leftInAws(), before);
    });

    it("and with quotas that are reached, and a port that the network does not let out", async () => {
      await ask("PUT", "quotas", { vcpus: 4, addresses: 1 });
      workshop().configure({ instanceType: "t3.2xlarge", sshPort: 993 });
      const { rows, ready, exitCode } = await preflight();
      workshop().configure({ instanceType: "t3.xlarge", sshPort: undefined });
      await ask("PUT", "quotas");
      assert.deepEqual([ready, exitCode], [false, 1]);
      const red = rows.filter(({ state }) => state === "red");
      assert.deepEqual(
        red.map(({ check }) => check),
        ["quota of vCPUs", "way out for SSH"],
      );
      assert.match(red[0]?.found ?? "", /4 of 4 vCPUs in use, 4 more needed/);
      assert.match(red[0]?.mend ?? "", /--quota-code L-1216C47A --desired-value 8 --region/);
    });
  });

  describe("its limits", () => {
    it("hold for a participant's server", async () => {
      await atWork("maria");
      assert.deepEqual((await inForce("maria")).slice(0, 2), [String(8 * GIB), "infinity"]);
    });

    it("change alone; running servers go on, and the next one has the new ones", async () => {
      const before = await inForce("maria");
      workshop().configure({ memoryGiB: "1.5", cpus: "2", idleTimeoutMinutes: 60 });
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps, [["test-limits", "update"]]);
      assert.deepEqual(await inForce("maria"), before);
      await atWork("sofia");
      assert.deepEqual((await inForce("sofia")).slice(0, 2), [String(1.5 * GIB), "2s"]);
      const { stdout } = await workshop().onServer("pgrep -af jupyterhub_idle_culler");
      assert.match(stdout, /--timeout=3600\b/);
    });

    it("are refused when no machine of the type can give them", async () => {
      workshop().configure({ memoryGiB: "17", cpus: "5", idleTimeoutMinutes: 60 });
      const { text, exitCode } = await workshop().preview();
      assert.notEqual(exitCode, 0);
      assert.match(
        text,
        /2 problems(.|\n)*memoryGiB is more than the machine has(.|\n)*cpus is more/,
      );
    });

    it("come back with a larger root volume, and nobody's server has stopped", async () => {
      const before = await inForce("maria");
      const none = { memoryGiB: undefined, cpus: undefined, idleTimeoutMinutes: undefined };
      workshop().configure({ ...none, diskGiB: 21 });
      const up = await workshop().change("up");
      succeeded(up);
      const names = up.steps.map(([name, operation]) => `${name} ${operation}`).sort();
      assert.deepEqual(names, [
        "test-limits update",
        "test-machine update",
        "test-root-disk update",
      ]);
      assert.deepEqual(await inForce("maria"), before);
      await workshop().onServer("systemctl stop jupyter-maria jupyter-sofia");
    });

    it("follow another type; files stay, and a larger data volume is grown into", async () => {
      await workshop().onServer("echo 'my work' >/home/jupyter-maria/work.txt");
      workshop().configure({ instanceType: LAST_TYPE, dataGiB: 6 });
      const up = await workshop().change("up");
      succeeded(up);
      assert.match(up.text, /stops everybody for about 3 minutes/);
      const names = up.steps.map(([name, operation]) => `${name} ${operation}`);
      for (const one of ["machine", "data", "data-volume", "limits"]) {
        assert.ok(names.includes(`test-${one} update`), names.join());
      }
      const { stdout } = await workshop().onServer(
        "cat /home/jupyter-maria/work.txt; df --output=size -BM /home | tail -n 1; tljh-config show",
      );
      const [work, mib, ...settings] = stdout.split("\n");
      assert.equal(work, "my work");
      assert.ok(parseInt(mib ?? "", 10) > 5.5 * 1024, mib);
      assert.match(settings.join("\n"), /memory: 4096M/);
      await workshop().serverShows("curl -fsS http://127.0.0.1/hub/health");
    });
  });
}
