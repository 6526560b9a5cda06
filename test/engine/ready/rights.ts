/** Rights of the operator that are needed and seen only where a workshop is ready. */
export const SEEN_WHEN_READY = ["ec2:CopySnapshot", "ec2:CreateSnapshot", "ec2:DeleteSnapshot"];
