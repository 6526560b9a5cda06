/** Rights of the operator that are needed and seen only where a workshop is ready. */
export const SEEN_WHEN_READY = ["ec2:CopySnapshot", "ec2:CreateSnapshot", "ec2:DeleteSnapshot"];

/** Those that are seen where an image is made: test/engine/bake. */
export const SEEN_WHEN_BAKED = ["ec2:DeregisterImage", "ec2:RegisterImage"];
