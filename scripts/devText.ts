/** What the `dev` commands print. */

import type { Rehearsal } from "../rehearsal/rehearsal";

/** Outputs of the stack that a person needs first. */
export interface DevOutputs {
  url: string;
  publicIp: string;
  admins: string[];
  /** Password of each account. */
  passwords: Record<string, string>;
  sshCommand: string;
  /** Link of each entry of the course material. */
  links?: Record<string, string>;
}

/** What was found of the rehearsal, in one line. */
export const FOUND: Readonly<Record<Rehearsal["found"], string>> = {
  new: "Rehearsal dev: new",
  running: "Rehearsal dev: running",
  recovered: "Rehearsal dev: recovered, with all that was there",
  "started clean":
    "Rehearsal dev: started clean. Its AWS had forgotten everything, and so the machines and Pulumi's state of them were removed",
};

/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Lines that give a person's own shell what `pulumi` needs. */
export function exportLines(
  env: Readonly<Record<string, string>>,
  pathDirs: readonly string[],
  unwanted: readonly string[],
): string[] {
  const variables = Object.entries(env).filter(([name]) => name !== "PATH");
  return [
    `unset ${unwanted.join(" ")}`,
    ...variables.map(([name, value]) => `export ${name}=${quoted(value)}`),
    `export PATH=${quoted(pathDirs.join(":"))}:"$PATH"`,
  ];
}

/** What a browser of this computer must be told of a name and an issuer that only exist here. */
function browserLines({ protocol, hostname }: URL, address: string, rootsFile: string): string[] {
  if (protocol !== "https:") return [];
  return [
    "To open it, a browser of this computer must know the name and trust the rehearsal's Let's Encrypt:",
    `  echo '${address} ${hostname}' | sudo tee -a /etc/hosts`,
    `  in the browser's settings, certificates, authorities: import ${rootsFile}`,
    "",
  ];
}

/**
 * What to do with a workshop that is up.
 *
 * @param rootsFile certificates of the rehearsal's Let's Encrypt
 */
export function summary(outputs: DevOutputs, rootsFile: string): string[] {
  const { url, publicIp, admins, passwords, sshCommand, links = {} } = outputs;
  const names = Object.keys(links);
  const logins = admins.map((name) => `  login     ${name}, password ${passwords[name] ?? "–"}`);
  return [
    "",
    "The workshop is up on this computer.",
    `  address   ${url}`,
    ...logins,
    ...(names.length > 0 ? [`  course    ${url}/start (${names.join(", ")})`] : []),
    `  SSH       ${sshCommand}`,
    "",
    ...browserLines(new URL(url), publicIp, rootsFile),
    "What to do next:",
    "  npm run dev                     after a change of the program, or a restart of the computer",
    '  eval "$(npm run -s dev:env)"    then pulumi works on it: pulumi -s dev preview',
    "  npm run ssh-key -- -s dev       after that; saves the key that SSH needs",
    "  npm run -s dev:token -- new     a new token, for a rotation: see README.md",
    "  npm run dev:stop                removes all of it",
  ];
}
