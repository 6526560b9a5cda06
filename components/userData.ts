import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** Files that a machine has from its first start on, and that `scripts/server/doors.sh` keeps as they are. */
export const SSHD_CONFIG = serverFile("sshd.conf");
export const METADATA_UNIT = serverFile("block-metadata.service");

const UNIT = "workshop-block-metadata.service";

function serverFile(name: string): string {
  return fs.readFileSync(path.join(__dirname, "..", "scripts", "server", name), "utf8");
}

/** What cloud-init does at the first start, as an object; JSON is YAML too. */
export function cloudConfig(hostPrivateKey: string, hostPublicKey: string): object {
  return {
    // The machine shows the host key that we know, and no other.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostPrivateKey, ed25519_public: hostPublicKey },
    disable_root: true,
    ssh_pwauth: false,
    write_files: [
      { path: `/etc/systemd/system/${UNIT}`, permissions: "0644", content: METADATA_UNIT },
      // Read before cloud-init's own, whatever that says.
      {
        path: "/etc/ssh/sshd_config.d/10-workshop.conf",
        permissions: "0644",
        content: SSHD_CONFIG,
      },
    ],
    runcmd: [["systemctl", "enable", "--now", UNIT]],
  };
}

/** User data with the host key of the machine in it, and therefore secret. */
export function userData(
  hostPrivateKey: pulumi.Input<string>,
  hostPublicKey: pulumi.Input<string>,
): pulumi.Output<string> {
  return pulumi.secret(
    pulumi
      .all([hostPrivateKey, hostPublicKey])
      .apply(([own, shown]) => `#cloud-config\n${JSON.stringify(cloudConfig(own, shown))}\n`),
  );
}
