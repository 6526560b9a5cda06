/** The hub: whether it answers, what it complained of, who works. */
import type { Complaint, Complaints, Facts, ServerFacts } from "./facts";
import { ago, green, judged, onServer, red, yellow, type RowId, type Verdict } from "./rows";
import { IDLE_SECONDS, RECENT_SECONDS } from "./thresholds";

export function hubRows(facts: Facts, server: ServerFacts): [RowId, Verdict][] {
  const log = (unit: string) => onServer(facts, `sudo journalctl -u ${unit} -n 50`);
  const status = onServer(facts, "sudo systemctl status jupyterhub");
  const rows: [RowId, Verdict][] = [
    ["hub", judged(server.hub, (it) => hub(facts, it), status)],
    [
      "hub errors",
      judged(server.hubErrors, (it) => errors(facts, it, log("jupyterhub")), log("jupyterhub")),
    ],
    [
      "proxy errors",
      judged(server.proxyErrors, (it) => errors(facts, it, log("traefik")), log("traefik")),
    ],
    [
      "people",
      judged(
        server.people,
        (it) => people(facts, it),
        `npm run user -- list --stack ${facts.stack.stack}`,
      ),
    ],
  ];
  return rows;
}

function hub(
  facts: Facts,
  { answers, version, said }: { answers: boolean; version?: string; said?: string },
): Verdict {
  if (answers) return green(`JupyterHub ${version ?? ""} answers`);
  return red(
    `it does not answer: ${said ?? ""}`,
    `${onServer(facts, "sudo systemctl restart jupyterhub")}; nobody's notebooks stop`,
  );
}

/** Only what is new colours the row: the hub complains of what has passed, too. */
function errors({ now }: Facts, { count, last }: Complaints, log: string): Verdict {
  const newest = last.at(-1);
  if (!newest) return green("none in the last 24 hours");
  const says = `${count} in the last 24 hours, the last ${ago(now / 1000 - newest.when)}: ${text(newest)}`;
  return now / 1000 - newest.when < RECENT_SECONDS ? yellow(says, log) : green(says);
}

function text({ text: said }: Complaint): string {
  return said.length > 160 ? `${said.slice(0, 159)}…` : said;
}

function people(
  facts: Facts,
  { accounts, servers }: Exclude<ServerFacts["people"], { error: string }>,
): Verdict {
  const age = (time: string | null) => facts.now - (time === null ? facts.now : Date.parse(time));
  const idle = servers.filter(({ used }) => age(used) > IDLE_SECONDS * 1000);
  const stuck = servers.filter(({ ready, since }) => !ready && age(since) > 5 * 60_000);
  const says = `${accounts} accounts, ${servers.length} servers run, ${idle.length} of them idle for ${IDLE_SECONDS / 60} minutes`;
  if (stuck.length === 0) return green(says);
  const names = stuck.map(({ name }) => name).join(", ");
  return yellow(
    `${says}; does not get ready: ${names}`,
    onServer(facts, `sudo journalctl -u jupyter-${stuck[0]?.name ?? ""} -n 50`),
  );
}
