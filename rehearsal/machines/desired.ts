/** What AWS says should be there, in the words that the machines need. Only types. */

/** One rule of a security group, for one range. */
export interface Rule {
  /** `-1` is every protocol and port. */
  protocol: "tcp" | "udp" | "icmp" | "-1";
  /** First and last port; both -1 where the protocol has none. */
  fromPort: number;
  toPort: number;
  /** IPv4 range, such as 0.0.0.0/0. */
  cidr: string;
}

/** An EBS volume, attached or not. Its data is kept as long as it is listed. */
export interface DesiredVolume {
  /** Such as vol-0123456789abcdef0. */
  volumeId: string;
  sizeGiB: number;
  /** Id of the snapshot that it is made of; undefined: it starts blank. */
  from?: string;
}

/** What a volume was at one moment: a snapshot, or an image's root disk. */
export interface DesiredCopy {
  /** Such as snap-0123456789abcdef0, or ami-0123456789abcdef0. */
  copyId: string;
  /** Id of the volume, or of the copy that this one is copied from. */
  of: string;
}

/** An EC2 instance that is not terminated. */
export interface DesiredMachine {
  /** Such as i-0123456789abcdef0. */
  instanceId: string;
  state: "running" | "stopped";
  /** Of the instance type. */
  memoryMiB: number;
  /** Such as ip-10-0-1-23. */
  hostname: string;
  /** Decoded user data; only the one of the first start is ever looked at by cloud-init. */
  userData: string;
  /** Public key of the instance's key pair, as in authorized_keys; undefined if it has none. */
  publicKey?: string;
  /** Such as ami-0123456789abcdef0. Where there is a copy of this id, the root volume is made from it. */
  imageId?: string;
  /** The root volume is made from the machine image; the others start blank. */
  rootVolumeId: string;
  /** Volume ids of the other attached volumes. */
  attachedVolumeIds: string[];
  /** Elastic IP, in 127.0.0.0/8; undefined while none is associated. */
  address?: string;
  /** Rules of all its security groups together. */
  ingress: Rule[];
  egress: Rule[];
}

/** All that should be there. What is not listed is to be removed, with its data. */
export interface Desired {
  machines: DesiredMachine[];
  /** Every volume, root volumes included. */
  volumes: DesiredVolume[];
  /** Made at once, when they are first listed. */
  copies?: DesiredCopy[];
}
