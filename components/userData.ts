import * as pulumi from "@pulumi/pulumi";

/**
 * Keeps everybody but root away from the EC2 metadata service: it hands this user data, and with it
 * the host key, to whoever on the machine asks. Ordered before anything that runs for participants.
 */
const BLOCK_METADATA = `[Unit]
Description=Keep the EC2 metadata service for root alone
Before=network-online.target ssh.service jupyterhub.service
After=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables -w -I OUTPUT -d 169.254.169.254 -m owner ! --uid-owner 0 -j REJECT

[Install]
WantedBy=multi-user.target
`;

const UNIT = "workshop-block-metadata.service";

/** What cloud-init does at the first start, as an object; JSON is YAML too. */
export function cloudConfig(hostPrivateKey: string, hostPublicKey: string): object {
  return {
    // The machine shows the host key that we know, and no other.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostPrivateKey, ed25519_public: hostPublicKey },
    disable_root: true,
    ssh_pwauth: false,
    write_files: [
      { path: `/etc/systemd/system/${UNIT}`, permissions: "0644", content: BLOCK_METADATA },
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
