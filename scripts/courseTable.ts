/** What `npm run course` prints for a person. */
import { formatProblem, nearest } from "../components/text";
import {
  isInLine,
  type Fact,
  type Fresh,
  type Pulled,
  type State,
  type Unknown,
} from "./courseFacts";

/** JupyterLab goes on showing, and would save, what it has opened before. */
export const RELOAD =
  "Who has one of its notebooks open in JupyterLab: File, Reload Notebook from Disk.";

/** Cells named for one file; more would hide the next row. */
const MOST = 3;

/** A time of the epoch in seconds, in this computer's time zone, to the minute. */
export function minute(seconds: number): string {
  const time = new Date(seconds * 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

function commits(count: number): string {
  return count === 1 ? "1 commit" : `${count} commits`;
}

function some(all: readonly string[]): string {
  const shown = all.slice(0, MOST).join(", ");
  return all.length > MOST ? `${shown} and ${all.length - MOST} more` : shown;
}

/** What a copy has not: its files, with cells where that is known. */
function lacking(state: Extract<State, { lacks: unknown }>): string {
  return some(
    state.lacks.map(({ file, why, cells }) => {
      if (why !== "") return `${file} (it ${why})`;
      if (cells.length === 0) return file;
      const named = cells.map(({ number, says }) => `${number}: ${says}`);
      return `${file} (${cells.length === 1 ? "cell" : "cells"} ${some(named)})`;
    }),
  );
}

/** A copy's state in words. */
export function stateText(state: State): string {
  switch (state.state) {
    case "none":
      return "no clone yet";
    case "other":
      return `another folder is in its place: ${state.said}`;
    case "fails":
      return `pull fails: ${state.said}`;
    case "has":
    case "lacks":
    case "behind": {
      const since = state.pulled > 0 ? ` since ${minute(state.pulled)}` : "";
      const text = {
        has: "has the fix",
        lacks: `lacks it in ${lacking(state)}`,
        behind: `has not pulled${since} (${commits(state.behind)} behind): ${lacking(state)}`,
      }[state.state];
      return [text, ...state.notes].join("; ");
    }
  }
}

/** One line for a pull, as it happens. */
export function pulledText({ participant, course, ok, said }: Pulled): string {
  return ok
    ? `pulled ${course} for ${participant}`
    : `${participant}: not pulled, ${course} ${said}`;
}

/** Rows under a head, each column as wide as its widest text; the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? "")].length)),
  );
  const pad = (text: string, width: number) => text + " ".repeat(width - [...text].length);
  return rows
    .map((row) =>
      row
        .map((text, column) => pad(text, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The whole status: newest commits, a row for each copy, how many of which kind, what to do. */
export function statusText(facts: readonly Fact[], stack: string): string {
  const states = facts.filter((fact) => fact.kind === "state");
  const newest = facts
    .filter((fact) => fact.kind === "upstream")
    .map((it) =>
      "error" in it
        ? `${it.course}: cannot be read: ${it.error}`
        : `${it.course}: newest is ${it.commit.slice(0, 7)} of ${minute(it.when)}, ${it.subject}`,
    );
  if (states.length === 0) {
    return [...newest, "Nobody has logged in yet: there are no home folders."].join("\n");
  }
  const rows = states.map((it) => [it.participant, it.course, stateText(it)]);
  return [
    ...newest,
    "",
    table([["participant", "repository", "state"], ...rows]),
    "",
    summary(states),
    ...advice(states, stack),
  ].join("\n");
}

const COUNTED: readonly [State["state"], string][] = [
  ["has", "with the fix"],
  ["lacks", "without it though pulled"],
  ["behind", "not pulled"],
  ["fails", "where a pull fails"],
  ["other", "with something else in its place"],
  ["none", "with no clone yet"],
];

function summary(states: readonly State[]): string {
  const counts = COUNTED.map(([state, words]) => {
    const count = states.filter((it) => it.state === state).length;
    return count > 0 ? `${count} ${words}` : "";
  });
  return counts.filter((it) => it !== "").join(", ");
}

/** The next command, where there is one. */
function advice(states: readonly State[], stack: string): string[] {
  const first = (...kinds: string[]) => states.find(({ state }) => kinds.includes(state));
  const lines: string[] = [];
  if (first("behind")) {
    lines.push(`To pull for all: npm run course -- pull-all --stack ${stack}`);
  }
  const one = first("lacks", "other");
  if (one) {
    const { participant, course } = one;
    lines.push(
      `For a fresh copy (the old one is kept): npm run course -- fresh ${participant} --repo '${course}' --stack ${stack}`,
    );
  }
  return lines;
}

/** What became of one fresh copy. */
export function freshText({ participant, folder, aside }: Fresh): string {
  const kept = aside === "" ? "there was none before" : `the old one is in ${aside}`;
  return `${participant} has a fresh copy in ${folder}; ${kept}.\n${RELOAD}`;
}

/** Errors of `fresh`, in the one shape. */
export function freshProblem(fact: Fresh | Unknown, stack: string): string {
  if (fact.kind === "unknown") {
    const { participant, people } = fact;
    const near = people.length > 0 ? nearest(participant, people) : undefined;
    return formatProblem({
      wrong: "There is no such participant on the server",
      received: participant,
      allowed: people.length > 0 ? people.join(", ") : "nobody yet: who logs in gets a home folder",
      mend: `npm run course -- ${near ? `fresh ${near}` : "status"} --stack ${stack}`,
    });
  }
  return formatProblem({
    wrong: "The fresh copy could not be made; the old one is where it was",
    received: fact.fails,
    allowed: "a repository that the participant can clone",
    mend: `npm run course -- status --stack ${stack}, which says whether others can pull; then the same again`,
  });
}

/** Whether the command ends well: all pulled, or all in line. */
export function isWell(facts: readonly Fact[], command: string): boolean {
  if (command === "pull-all") return facts.every((fact) => fact.kind !== "pulled" || fact.ok);
  return facts.every((fact) => {
    if (fact.kind === "state") return isInLine(fact);
    if (fact.kind === "upstream") return !("error" in fact);
    return fact.kind !== "unknown" && !(fact.kind === "fresh" && fact.fails !== "");
  });
}
