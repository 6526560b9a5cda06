/** The server as its people see it: participants without rights, and root. */
import type { Lab } from "../workshop/lab";
import type {
  GitCredentialsInputs,
  GitCredentialsOutputs,
} from "../../../providers/gitCredentials";
import { parseCredentialsFile, tokenFingerprint } from "../../../providers/gitCredentialsFile";
import { scriptText } from "../../../scripts/stackServer";
import { SSH_USER } from "../../../components/server";
import type { Finished } from "../../../rehearsal/machines/command";

export const COURSE = "river-lab/groundwater-course";
export const DATA = "river-lab/field-data";

/** Makes Unix users as the hub does when a participant's server starts. */
export async function addUnixUsers(lab: Lab, names: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await lab.onServer(
    `set -e
     getent group jupyterhub-users >/dev/null || groupadd jupyterhub-users
     for name in ${names.map((name) => `jupyter-${name}`).join(" ")}; do
       id "$name" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$name"
       chmod 700 "/home/$name"; gpasswd -a "$name" jupyterhub-users >/dev/null
     done`,
  );
  if (exitCode !== 0) throw new Error(stderr);
}

/** Runs bash lines as a participant, with the environment of a terminal in JupyterLab. */
export function asParticipant(lab: Lab, name: string, lines: string): Promise<Finished> {
  const user = `jupyter-${name}`;
  return lab.onServer(
    `cd /home/${user} && exec runuser -u ${user} -- env -i HOME=/home/${user} USER=${user} ` +
      `LC_ALL=C.UTF-8 PATH=/opt/tljh/user/bin:/usr/local/bin:/usr/bin:/bin bash -s`,
    lines,
  );
}

/** What each stack says of its machine, which stays the same. */
const machines = new WeakMap<Lab, ReturnType<Lab["outputs"]>>();

/** The inputs of the stack's GitCredentials, as the program makes them; by default with the token in force. */
export async function credentialsOf(
  lab: Lab,
  change: Partial<GitCredentialsInputs> = {},
): Promise<GitCredentialsInputs> {
  const asked = machines.get(lab) ?? lab.outputs();
  machines.set(lab, asked);
  const outputs = await asked;
  const token = change.token ?? (await currentToken(lab));
  return {
    address: outputs.publicIp,
    user: SSH_USER,
    privateKey: outputs.sshPrivateKey,
    hostKey: outputs.sshKnownHosts.replace(/^\S+ /, ""),
    instanceId: outputs.instanceId,
    region: "ap-south-1",
    stack: "test",
    host: "github.test",
    api: "https://api.github.test",
    username: "x-access-token",
    token,
    access: "sealed",
    repositories: [COURSE, DATA],
    expires: "",
    lastDay: "",
    script: scriptText("git-credentials", {}),
    fingerprint: tokenFingerprint(token),
    ...change,
  };
}

/** The token that is in force on the server. */
export async function currentToken(lab: Lab): Promise<string> {
  const { stdout } = await lab.onServer("cat /etc/git-credentials");
  return parseCredentialsFile(stdout)[0]?.token ?? "";
}

/** What the resource would remember of a token that is in force. */
export function remembered(
  inputs: GitCredentialsInputs,
  fingerprint: string,
): GitCredentialsOutputs {
  return {
    ...inputs,
    path: "/etc/git-credentials",
    fingerprint,
    formerFingerprint: "",
    verifiedAt: "2026-11-25T00:00:00.000Z",
    validUntil: "",
    warnings: [],
    drift: [],
  };
}
