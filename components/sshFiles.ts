/** Where a person's SSH key for a workshop lies, and how it is used. */
import { SSH_USER } from "./server";

/** Paths of the files that `npm run ssh-key` writes, relative to the home folder. */
export function sshFiles(name: string): { key: string; knownHosts: string } {
  return { key: `.ssh/${name}.pem`, knownHosts: `.ssh/${name}.known_hosts` };
}

/** The command that logs in, once `npm run ssh-key` has saved the files. */
export function sshCommand(name: string, address: string): string {
  const { key, knownHosts } = sshFiles(name);
  return `ssh -i ~/${key} -o UserKnownHostsFile=~/${knownHosts} ${SSH_USER}@${address}`;
}
