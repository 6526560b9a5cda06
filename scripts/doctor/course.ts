/** The course: its token, git's configuration, the links, and the Python that participants get. */
import { contentProblems } from "../../providers/contentProblems";
import type { Facts, ServerFacts } from "./facts";
import { green, here, judged, onServer, red, yellow, type RowId, type Verdict } from "./rows";
import { TOKEN_DAYS } from "./thresholds";

const DAY_MS = 86_400_000;
const USER = "/opt/tljh/user";

type Of<K extends keyof ServerFacts> = Exclude<ServerFacts[K], { error: string }>;

export function courseRows(facts: Facts, server: ServerFacts): [RowId, Verdict][] {
  const preview = here(facts, "pulumi up");
  const list = onServer(facts, `sudo ${USER}/bin/pip list`);
  const tries = onServer(facts, `git ls-remote ${facts.stack.content[0]?.repo ?? ""}`);
  return [
    ["token", judged(server.content, (it) => token(facts, it), preview)],
    ["git", judged(server.git, (it) => git(facts, it), preview)],
    ["git as participant", judged(server.reading, (it) => reading(facts, it), tries)],
    ["repositories", judged(server.content, (it) => links(facts, it, false), preview)],
    ["paths", judged(server.content, (it) => links(facts, it, true), preview)],
    ["pip", judged(server.python, (it) => pip(facts, it), list)],
    ["packages", judged(server.packages, (it) => packages(facts, it), list)],
    ["notebook Python", judged(server.python, (it) => python(facts, it), list)],
    ["own packages", judged(server.ownPackages, (it) => ownPackages(facts, it), list)],
  ];
}

/** The words of git for a token that the host does not take. */
const REFUSED =
  /authentication failed|invalid username|could not read username|returned error: 40[13]/i;

function token(facts: Facts, { found }: Of<"content">): Verdict {
  const { token: known, configuredToken, gitHost, content } = facts.stack;
  const rotate = here(facts, "pulumi config set --secret gitToken, then pulumi up");
  const priv = content.filter(({ host }) => host === gitHost);
  if (known === undefined) {
    if (configuredToken === undefined) return green("there is none; public repositories need none");
    return yellow("it is in the configuration and not yet in force", here(facts, "pulumi up"));
  }
  const refused = priv.filter(({ name }) =>
    found.some((it) => it.name === name && REFUSED.test(it.said ?? "")),
  );
  const which = `${known.fingerprint} (${known.access})`;
  if (refused.length > 0) {
    const names = refused.map(({ repo }) => repo).join(", ");
    return red(
      `${gitHost} refuses ${which} for ${names}: expired, revoked or not for this`,
      rotate,
    );
  }
  const days = Math.ceil(
    (Date.parse(`${known.validUntil}T00:00:00Z`) + DAY_MS - facts.now) / DAY_MS,
  );
  if (Number.isNaN(days)) {
    return green(`${which} is accepted by ${gitHost}; when it ends is not known`);
  }
  const says = `${which} ${days > 0 ? `ends in ${days} days, on` : "ended on"} ${known.validUntil}`;
  if (days <= TOKEN_DAYS.red) return red(says, rotate);
  if (days <= TOKEN_DAYS.yellow) return yellow(says, rotate);
  if (configuredToken !== known.fingerprint) {
    return yellow(
      `${says}; another one is configured and not yet in force`,
      here(facts, "pulumi up"),
    );
  }
  return green(`${says}; ${gitHost} accepts it`);
}

function git(facts: Facts, { token: hasToken, drift }: Of<"git">): Verdict {
  if (!hasToken) return green("there is no token, and so nothing to configure");
  const [first] = drift;
  if (first === undefined) {
    return green("credentials file, its mode, and git's configuration are as they should be");
  }
  const more = drift.length > 1 ? `, and ${drift.length - 1} more` : "";
  return red(`${first}${more}`, here(facts, "pulumi up --refresh"));
}

function reading(facts: Facts, { read }: Of<"reading">): Verdict {
  if (read.length === 0) return green("there are no repositories in content");
  const [wrong] = read.filter((it) => it.wrong !== "");
  if (wrong) {
    return red(
      `participants' git cannot read ${wrong.repository}: ${wrong.wrong}`,
      `${here(facts, "pulumi up --refresh")}; to see it: ${onServer(facts, `git ls-remote ${wrong.repository}`)}`,
    );
  }
  const says = `participants' git reads ${read.length === 1 ? "the repository" : `all ${read.length} repositories`}`;
  // The guide's `store` prints it at every read; ours answers only, and so does not.
  if (!read.some(({ lock }) => lock)) return green(`${says}, without a warning about a lock`);
  return yellow(
    `${says}; it warns of the credential storage lock, which is harmless: somebody has configured git's own store`,
    onServer(facts, "git config --system --list | grep credential"),
  );
}

function links(facts: Facts, { found }: Of<"content">, arePaths: boolean): Verdict {
  const { content, gitHost, token: known } = facts.stack;
  if (content.length === 0) return green("there is no content, and so no link");
  const entries = content.map(({ repo, ...entry }) => ({ ...entry, url: repo }));
  const problems = contentProblems(entries, found, { gitHost, hasToken: known !== undefined });
  const mine = problems.filter(({ wrong }) => /^content\[\d+\]\.open /.test(wrong) === arePaths);
  const [first] = mine;
  if (first) {
    const more = mine.length > 1 ? ` (and ${mine.length - 1} more)` : "";
    const says = `${first.wrong}${more}: ${first.received ?? ""}; there is: ${first.allowed ?? ""}`;
    return red(says, here(facts, first.mend));
  }
  const count = content.length === 1 ? "the link" : `all ${content.length} links`;
  return green(
    arePaths ? `what ${count} opens is there` : `repository and branch of ${count} are there`,
  );
}

function pip(facts: Facts, { pip: file, pipFor, pipVersion, pipPlace }: Of<"python">): Verdict {
  const again = onServer(facts, `sudo -E ${USER}/bin/python3 -m ensurepip --upgrade`);
  if (file !== `${USER}/bin/pip`) {
    return red(`participants get ${file || "no pip"}, not ${USER}/bin/pip`, again);
  }
  if (!pipFor.startsWith(`${USER}/bin/python`)) {
    return red(
      `${file} installs for ${pipFor}, not for the environment of the participants`,
      again,
    );
  }
  if (!pipPlace.startsWith(`${USER}/lib/`))
    return red(`pip is at ${pipPlace || "no place"}`, again);
  return green(`${file} (${pipVersion}) installs for all participants`);
}

function packages(facts: Facts, { count, broken }: Of<"packages">): Verdict {
  if (broken.length === 0) return green(`${count} packages, and pip finds no conflict`);
  return yellow(
    `${count} packages; pip finds: ${broken.join("; ")}`,
    onServer(facts, `sudo ${USER}/bin/pip check; tail -n 50 /opt/tljh/installer.log`),
  );
}

function python(facts: Facts, { executable, kernel, wrong }: Of<"python">): Verdict {
  const again = here(facts, "pulumi up");
  const install = onServer(
    facts,
    `sudo -E ${USER}/bin/pip install ipykernel jupyterlab nbgitpuller`,
  );
  if (wrong !== "") return red(`a participant's server cannot start: ${wrong}`, install);
  // A kernel's `python` is the first of the server's own PATH.
  const isOurs = (program: string) =>
    program === "python" || program.startsWith(`${USER}/bin/python`);
  if (!isOurs(kernel)) return red(`a notebook's kernel is ${kernel}`, install);
  if (!isOurs(executable)) return red(`participants' python3 is ${executable || "none"}`, again);
  return green(`sys.executable of a notebook is in ${USER}/bin`);
}

/** How many people are named. */
const NAMED = 3;

function ownPackages(facts: Facts, { people }: Of<"ownPackages">): Verdict {
  const [first] = people;
  if (first === undefined) {
    return green("nobody has packages of their own in place of those for all");
  }
  const named = people.slice(0, NAMED).map(({ name, packages: [one, ...others] }) => {
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    return `${name} has ${one?.package} ${one?.own} instead of ${one?.shared}${more}`;
  });
  const more = people.length > NAMED ? `, and ${people.length - NAMED} more people` : "";
  return yellow(
    `${named.join(", ")}${more}; that may be on purpose, and is why the same cell may do something else there`,
    `where it is not: ${onServer(facts, `sudo mv ${first.folder}{,-off}`)}; then a restart of the kernel`,
  );
}
