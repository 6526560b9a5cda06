import * as ebs from "@pulumi/aws/ebs";
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { named, StackTags } from "./tags";
import { userData } from "./userData";

export interface InstanceArgs {
  amiId: string;
  /** Whether the user chose the image: only then does another one replace the machine. */
  amiIsChosen: boolean;
  instanceType: string;
  subnetId: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  availabilityZone: pulumi.Input<string>;
  diskGiB: number;
  dataGiB: number;
  /** Snapshot that the data volume is made of when it is new; undefined: it starts blank. */
  dataSnapshot?: string;
  cpuCredits: "standard" | "unlimited";
  tags: StackTags;
}

/** Name under which the data volume is attached; on the machine it is found by its id instead. */
const DATA_DEVICE = "/dev/sdf";

/**
 * Steps 2.1, 2.3 and 2.4 of the guide: the key pair, the EC2 instance and its volumes, and the
 * machine's SSH host key, which is made here so that the first connection can be checked.
 *
 * Costs what the instance type does, plus gp3 storage of both volumes, per GiB and month. The root
 * volume goes with the machine. The data volume (home folders, passwords, certificates) outlives a
 * replaced machine and is deleted by `pulumi destroy`.
 *
 * What would replace or stop a running machine without being asked for is ignored after creation:
 * user data, key pair, subnet, volume tags, and the image unless it was chosen.
 */
export class Instance extends pulumi.ComponentResource {
  readonly instanceId: pulumi.Output<string>;
  /** URN of the EC2 instance, for commands that replace it. */
  readonly instanceUrn: pulumi.Output<string>;
  readonly instanceType: pulumi.Output<string>;
  readonly amiId: pulumi.Output<string>;
  readonly dataVolumeId: pulumi.Output<string>;
  readonly attachment: ec2.VolumeAttachment;
  /** Private half of the key pair, in OpenSSH's format. Secret. */
  readonly sshPrivateKey: pulumi.Output<string>;
  /** The machine's host key, as in a `known_hosts` file: type and key. */
  readonly hostKey: pulumi.Output<string>;

  constructor(name: string, args: InstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tljh:index:Instance", name, {}, opts);
    const child = { parent: this };
    const tags = (what: string) => named(args.tags, `${name}-${what}`);

    const loginKey = new tls.PrivateKey(`${name}-login-key`, { algorithm: "ED25519" }, child);
    const hostKey = new tls.PrivateKey(`${name}-host-key`, { algorithm: "ED25519" }, child);
    const keyPair = new ec2.KeyPair(
      `${name}-key-pair`,
      { publicKey: loginKey.publicKeyOpenssh, tags: tags("key-pair") },
      child,
    );
    // volumeTags mean all volumes of the machine: later, the data volume with its own tags too.
    const ignoreChanges = ["userData", "keyName", "subnetId", "volumeTags"];
    const machine = new ec2.Instance(
      `${name}-machine`,
      {
        ami: args.amiId,
        instanceType: args.instanceType,
        keyName: keyPair.keyName,
        subnetId: args.subnetId,
        vpcSecurityGroupIds: [args.securityGroupId],
        // IMDSv2 only, and not for anything a hop away from the machine.
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: args.diskGiB,
          encrypted: true,
          deleteOnTermination: true,
        },
        // Given together with the instance. Tags of rootBlockDevice would come by a call of their own,
        // and need the right to tag volumes that have no tag yet: anybody's.
        volumeTags: tags("root"),
        // Only T types have credits; the others refuse the setting.
        ...(/^t\d/.test(args.instanceType)
          ? { creditSpecification: { cpuCredits: args.cpuCredits } }
          : {}),
        userData: userData(hostKey.privateKeyOpenssh, hostKey.publicKeyOpenssh),
        tags: tags("machine"),
      },
      { ...child, ignoreChanges: args.amiIsChosen ? ignoreChanges : [...ignoreChanges, "ami"] },
    );
    const data = new ebs.Volume(
      `${name}-data`,
      {
        availabilityZone: args.availabilityZone,
        type: "gp3",
        size: args.dataGiB,
        encrypted: true,
        ...(args.dataSnapshot !== undefined && { snapshotId: args.dataSnapshot }),
        tags: tags("data"),
      },
      // Another snapshot would replace the volume, with everybody's files.
      { ...child, ignoreChanges: ["availabilityZone", "snapshotId"] },
    );
    this.attachment = new ec2.VolumeAttachment(
      `${name}-data-attachment`,
      {
        deviceName: DATA_DEVICE,
        instanceId: machine.id,
        volumeId: data.id,
        // AWS does not let go of a mounted volume: the machine is shut down first.
        stopInstanceBeforeDetaching: true,
      },
      // A volume is attached to one machine at a time.
      { ...child, deleteBeforeReplace: true },
    );

    this.instanceId = machine.id;
    this.instanceUrn = machine.urn;
    this.instanceType = machine.instanceType;
    this.amiId = machine.ami;
    this.dataVolumeId = data.id;
    this.sshPrivateKey = pulumi.secret(loginKey.privateKeyOpenssh);
    this.hostKey = hostKey.publicKeyOpenssh.apply((key) => key.trim());
    this.registerOutputs({ instanceId: this.instanceId, dataVolumeId: this.dataVolumeId });
  }
}
