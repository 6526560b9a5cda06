/** Where a person's SSH key for a workshop lies, and how it is used. */
import { SSH_USER } from "./server";

/** Paths of the files that `npm run ssh-key` writes, relative to the home folder. */
export function sshFiles(name: string): { key: string; knownHosts: string } {
  return { key: `.ssh/${name}.pem`, knownHosts: `.ssh/${name}.known_hosts` };
}

/** The command that logs in, once `npm run ssh-key` has saved the files. */
export function sshCommand(name: string, address: string, port: number): string {
  const { key, knownHosts } = sshFiles(name);
  const option = port === 22 ? "" : `-p ${port} `;
  return `ssh -i ~/${key} -o UserKnownHostsFile=~/${knownHosts} ${option}${SSH_USER}@${address}`;
}

/** A line of a known_hosts file. */
export function knownHostsLine(address: string, port: number, hostKey: string): string {
  return `${port === 22 ? address : `[${address}]:${port}`} ${hostKey}`;
}
