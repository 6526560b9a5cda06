/** Security updates install themselves, and nobody in a class notices. */
import assert from "node:assert/strict";
import type { Lab } from "./lab";

/** Services and the process that each is. */
const RUNNING = `for unit in jupyterhub traefik jupyter-bo ssh; do
  echo "$unit $(systemctl show -p MainPID --value $unit)"
done`;

function processes(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(" ")),
  ) as Record<string, string>;
}

export function updatesItself(workshop: () => Lab): void {
  describe("updates itself", () => {
    it("with security updates and no others, without a reboot", async () => {
      const { stdout } = await workshop().onServer(`
        unattended-upgrade --dry-run --debug 2>&1 | grep -i 'allowed origins are'
        apt-config dump | grep -E 'Periodic::(Update|Unattended)|Automatic-Reboot'
        systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer`);
      const [origins = "", ...rest] = stdout.trim().split("\n");
      const names = origins.replace(/^.*are: /, "").split(", ");
      assert.ok(names.length > 0 && names.every((name) => /=[a-z]+-security,/.test(name)), origins);
      assert.deepEqual(rest, [
        'APT::Periodic::Update-Package-Lists "1";',
        'APT::Periodic::Unattended-Upgrade "1";',
        'Unattended-Upgrade::Automatic-Reboot "false";',
        "enabled",
        "enabled",
      ]);
    });

    it("while nobody works; after two days of work without a pause, no longer waits", async () => {
      const { stdout } = await workshop().onServer(`
        stamp=/var/lib/apt/periodic/upgrade-stamp
        now() { systemctl start apt-daily-upgrade; systemctl show -p Result --value apt-daily-upgrade; }
        systemctl is-active jupyter-bo
        mkdir -p "\${stamp%/*}"; touch $stamp; now
        touch -d '49 hours ago' $stamp; /usr/local/sbin/workshop-nobody-works; echo $?
        rm $stamp; /usr/local/sbin/workshop-nobody-works; echo $?`);
      assert.deepEqual(stdout.trim().split("\n"), ["active", "exec-condition", "0", "0"]);
    });

    it("and restarts what uses a changed library, but never hub, proxy or servers", async () => {
      const before = await workshop().onServer(RUNNING);
      // As an update does it: another file under the same name.
      const { stdout } = await workshop().onServer(`
        library=$(readlink -f "$(ldconfig -p | awk '/libz.so.1 /{print $NF}')")
        cp -p "$library" "$library.new" && mv "$library.new" "$library"
        needrestart -b -r l; needrestart -r a`);
      for (const unit of ["jupyterhub", "jupyter-bo", "ssh"]) {
        assert.match(stdout, new RegExp(`^NEEDRESTART-SVC: ${unit}\\.service$`, "m"));
      }
      const was = processes(before.stdout);
      const is = processes((await workshop().onServer(RUNNING)).stdout);
      assert.notEqual(is["ssh"], was["ssh"]);
      assert.deepEqual({ ...is, ssh: "" }, { ...was, ssh: "" });
      assert.ok(Object.values(is).every((pid) => Number(pid) > 1));
    });
  });
}
