/** A course repository and home folders in a temporary folder, with real git and no accounts. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { factOf, type Fact, type State } from "../../scripts/courseFacts";

export const PROGRAMS = path.join(__dirname, "../../scripts/server/course");

/** What nbgitpuller is known to do: clone, else commit all and merge with the own side winning. */
const PULLER = `#!/bin/sh
set -e
[ -e "$3" ] || exec git clone --quiet --depth 1 --branch "$2" -- "$1" "$3"
cd "$3"
git fetch --quiet
git commit --quiet --all --allow-empty --message "Automatic commit"
exec git merge --quiet -Xours "origin/$2"
`;

/** Cells of a notebook: id and source. */
export type Cells = [id: string | undefined, source: string][];

/** A notebook as JupyterLab saves it. */
export function notebook(cells: Cells): string {
  const all = cells.map(([id, source]) => ({
    cell_type: "code",
    execution_count: null,
    ...(id !== undefined && { id }),
    metadata: {},
    outputs: [],
    source: source.split(/(?<=\n)/),
  }));
  const rest = { metadata: {}, nbformat: 4, nbformat_minor: 5 };
  return `${JSON.stringify({ cells: all, ...rest }, undefined, 1)}\n`;
}

export class CourseLab {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "course ж "));
  readonly upstream = path.join(this.folder, "upstream.git");
  private readonly teacher = path.join(this.folder, "teacher");
  private readonly puller = path.join(this.folder, "gitpuller");
  /** Name of the clone in each home. */
  readonly clone = "ground water";

  constructor() {
    fs.writeFileSync(this.puller, PULLER, { mode: 0o755 });
    this.git(this.folder, "init", "--quiet", "--bare", "--initial-branch=main", this.upstream);
    this.git(this.folder, "init", "--quiet", "--initial-branch=main", this.teacher);
    this.git(this.teacher, "remote", "add", "origin", this.upstream);
  }

  git(folder: string, ...args: string[]): string {
    return execFileSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: this.env(this.folder),
    });
  }

  private env(home: string): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      HOME: home,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "test",
      GIT_AUTHOR_EMAIL: "test@example.org",
      GIT_COMMITTER_NAME: "test",
      GIT_COMMITTER_EMAIL: "test@example.org",
    };
  }

  get url(): string {
    return `file://${this.upstream}`;
  }

  home(name: string): string {
    return path.join(this.folder, "homes", name);
  }

  /** A path in somebody's clone. */
  of(name: string, ...rest: string[]): string {
    return path.join(this.home(name), this.clone, ...rest);
  }

  /** People log in for the first time. */
  come(...names: string[]): void {
    for (const name of names) fs.mkdirSync(this.home(name), { recursive: true });
  }

  /** The instructor writes files (undefined: deletes one) and pushes. */
  push(files: Record<string, string | undefined>, message = "A fix"): void {
    for (const [file, text] of Object.entries(files)) {
      const whole = path.join(this.teacher, file);
      fs.mkdirSync(path.dirname(whole), { recursive: true });
      if (text === undefined) fs.rmSync(whole);
      else fs.writeFileSync(whole, text);
    }
    this.git(this.teacher, "add", "--all");
    this.git(this.teacher, "commit", "--quiet", "--message", message);
    this.git(this.teacher, "push", "--quiet", "origin", "main");
  }

  /** Somebody clicks on the link. */
  click(...names: string[]): void {
    for (const name of names) {
      this.come(name);
      const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
      const env = this.env(this.home(name));
      execFileSync(this.puller, [this.url, "main", this.of(name)], { env, stdio });
    }
  }

  /** Runs the server's program; what it tells. */
  run(
    what: "status" | "pull" | "fresh",
    more: Record<string, unknown> = {},
    programs = PROGRAMS,
  ): Fact[] {
    const request = {
      do: what,
      courses: [{ name: this.clone, url: this.url, branch: "main", folder: this.clone }],
      ...more,
    };
    const args = ["-I", path.join(programs, "course.py"), "--gitpuller", this.puller];
    const printed = execFileSync("python3", [...args, "--homes", path.join(this.folder, "homes")], {
      input: JSON.stringify(request),
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      env: this.env(this.folder),
    });
    return printed.split("\n").flatMap((line) => factOf(line) ?? []);
  }

  /** The states of all copies, by name. */
  states(programs = PROGRAMS): Map<string, State> {
    const states = this.run("status", {}, programs).filter((fact) => fact.kind === "state");
    return new Map(states.map((state) => [state.participant, state]));
  }

  close(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
