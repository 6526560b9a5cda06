/** What the tests of a class share: its people, its network, what is known of the server. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kernel } from "../../../scripts/participant/kernel";
import { Participant } from "../../../scripts/participant/participant";
import type { Lab } from "../workshop/lab";

/** For what a busy computer does late. */
const PATIENCE_MS = 120_000;

/** Waits until it is so. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `it never came about: ${what}`);
    await sleep(200);
  }
}

/** Lines on the server, as root; what they print. */
export async function root(lab: Lab, lines: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.onServer(`set -e\n${lines}`);
  assert.equal(exitCode, 0, stderr);
  return stdout.trim();
}

/** Somebody who has logged in and whose server runs. */
export async function atWork(lab: Lab, name: string): Promise<Participant> {
  const { url, passwords } = await lab.outputs();
  const participant = new Participant(url, { name, password: passwords[name] ?? "" });
  await participant.logIn();
  await participant.startServer();
  await participant.openLab();
  return participant;
}

/** Runs Python that must succeed; what it prints. */
export async function python(kernel: Kernel, ...lines: string[]): Promise<string> {
  const { text, error } = await kernel.run(lines.join("\n"));
  assert.equal(error, undefined, text);
  return text.trim();
}

/** Process ids of a unit, and how often it was restarted: another answer means that it was. */
export async function unitId(lab: Lab, unit: string): Promise<string> {
  return root(lab, `systemctl show --property=MainPID,NRestarts,ActiveEnterTimestamp ${unit}`);
}

/** Everything between the hub's pages and browsers vanishes, in both directions, without a word. */
export async function cutNetwork(lab: Lab): Promise<() => Promise<void>> {
  const rules = [
    "INPUT ! -i lo -p tcp --dport 80 -j DROP",
    "OUTPUT ! -o lo -p tcp --sport 80 -j DROP",
  ];
  await root(lab, rules.map((rule) => `iptables -I ${rule}`).join("\n"));
  return async () => {
    await root(lab, rules.map((rule) => `iptables -D ${rule}`).join("\n"));
  };
}

/**
 * Adds to the settings of every participant's server, from its next start on.
 *
 * @returns what takes them away again
 */
export async function serverSettings(
  lab: Lab,
  settings: Record<string, unknown>,
): Promise<() => Promise<void>> {
  const file = "/opt/tljh/user/etc/jupyter/jupyter_server_config.json";
  const before = await root(lab, `cat ${file}`);
  const write = async (text: string) => {
    const { exitCode, stderr } = await lab.onServer(`cat >${file}`, text);
    assert.equal(exitCode, 0, stderr);
  };
  await write(JSON.stringify({ ...(JSON.parse(before) as object), ...settings }));
  return () => write(`${before}\n`);
}
