/** What the server tells about participants' copies: a line of JSON for each fact. */

/** A file that a copy does not have as the course has it. */
export interface Lacking {
  file: string;
  /** Empty when it is about its content, else what is wrong with the file as a whole. */
  why: string;
  /** Cells of the course's notebook, counted from 1, with a line that is new in each. */
  cells: { number: number; says: string }[];
}

/** The newest commit of a course repository, or why it could not be read. */
export type Upstream = { kind: "upstream"; course: string } & (
  { error: string } | { commit: string; /** Seconds of the epoch. */ when: number; subject: string }
);

/** Somebody's copy was pulled, or why not. */
export interface Pulled {
  kind: "pulled";
  participant: string;
  course: string;
  ok: boolean;
  said: string;
}

/** A copy's state. */
export type State = { kind: "state"; participant: string; course: string } & (
  | { state: "none" }
  | { state: "other" | "fails"; said: string }
  | {
      /** Has all that the course changed since the copy was made; pulled and lacks it; did not pull. */
      state: "has" | "lacks" | "behind";
      /** The newest commit of the course that the copy has. */
      commit: string;
      /** How many commits of the course are newer. */
      behind: number;
      /** When the copy was last brought in line, in seconds of the epoch; 0 when unknown. */
      pulled: number;
      lacks: Lacking[];
      notes: string[];
    }
);

/** A fresh copy was made, or why not. */
export interface Fresh {
  kind: "fresh";
  participant: string;
  course: string;
  folder: string;
  /** Folder that the old copy is in now; empty when there was none. */
  aside: string;
  /** Empty when it was made. */
  fails: string;
}

/** There is no such participant. */
export interface Unknown {
  kind: "unknown";
  participant: string;
  people: string[];
}

export type Fact = Upstream | Pulled | State | Fresh | Unknown;

/** The fact in a line; undefined for any other line. */
export function factOf(line: string): Fact | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Fact;
  } catch {
    return undefined;
  }
}

/** Whether a copy is as it should be: with all fixes, or not there, so that the first click brings them. */
export function isInLine(state: State): boolean {
  return state.state === "has" || state.state === "none";
}
