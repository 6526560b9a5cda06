/** The files of `npm run ssh-key`. */
import fs from "node:fs";
import path from "node:path";
import { formatProblem } from "../components/text";
import { writeOwn } from "./ownFiles";

/** What the stack tells. */
export interface SshOutputs {
  sshCommand: string;
  sshPrivateKey: string;
  sshKnownHosts: string;
}

/**
 * Writes key and host key to the paths that the stack's `sshCommand` names.
 *
 * @param home folder that `~` stands for
 * @throws Error if the stack has no such outputs
 */
export function saveSshFiles(
  outputs: Partial<SshOutputs>,
  home: string,
): { files: string[]; command: string } {
  const { sshCommand: command, sshPrivateKey, sshKnownHosts } = outputs;
  const paths = /-i ~\/(\S+) -o UserKnownHostsFile=~\/(\S+)/.exec(command ?? "");
  if (!command || !sshPrivateKey || !sshKnownHosts || !paths) {
    throw new Error(
      formatProblem({
        wrong: "The stack has no SSH key",
        received: `outputs: ${Object.keys(outputs).join(", ") || "none"}`,
        allowed: "a stack that `pulumi up` has brought up",
        mend: "pulumi up, or name another stack: npm run ssh-key -- --stack NAME",
      }),
    );
  }
  const files = [paths[1] ?? "", paths[2] ?? ""].map((file) => path.join(home, file));
  fs.mkdirSync(path.join(home, ".ssh"), { recursive: true, mode: 0o700 });
  writeOwn(files[0] ?? "", sshPrivateKey);
  writeOwn(files[1] ?? "", sshKnownHosts);
  return { files, command };
}
