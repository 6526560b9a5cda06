/** A repository with notebooks, on the machine itself, that everybody on it may read. */
import type { Lab } from "./lab";

/** Texts by path in the repository. */
export type Files = Record<string, string>;

/** Commits the files that come as JSON on standard input, and serves what is in /srv/git. */
const PUSH = `
set -e
bare=/srv/git/$NAME; work=/srv/git-work/$NAME
if ! [ -d "$bare" ]; then
  git init -q --bare "$bare"; git init -q "$work"
  git -C "$work" config user.name Instructor; git -C "$work" config user.email i@example.org
fi
cd "$work"
git checkout -q "$BRANCH" 2>/dev/null || git checkout -q --orphan "$BRANCH"
python3 -c '
import json, pathlib, sys
for name, text in json.load(sys.stdin).items():
    file = pathlib.Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
'
git add -A; git commit -qm "by the instructor"; git push -q "$bare" "HEAD:refs/heads/$BRANCH"
systemctl is-active -q test-repositories || systemd-run -q --unit test-repositories \\
  git daemon --reuseaddr --base-path=/srv/git --export-all --listen=127.0.0.1
until git ls-remote -q git://127.0.0.1/$NAME >/dev/null; do sleep 0.1; done
`;

export class Repository {
  constructor(
    private readonly workshop: () => Lab,
    readonly name: string,
    readonly branch = "main",
  ) {}

  /** Address for participants' servers. */
  get address(): string {
    return `git://127.0.0.1/${this.name}`;
  }

  /** Adds and changes files, as the instructor does from elsewhere. */
  async push(files: Files): Promise<void> {
    const { exitCode, stderr } = await this.workshop().onServer(
      `NAME='${this.name}' BRANCH='${this.branch}'\n${PUSH}`,
      JSON.stringify(files),
    );
    if (exitCode !== 0) throw new Error(`the instructor could not push: ${stderr}`);
  }
}

/** A notebook's file with these cells of code. */
export function notebookText(...cells: string[]): string {
  const code = (source: string, index: number) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source: source.split(/(?<=\n)/),
  });
  const kernelspec = { name: "python3", display_name: "Python 3 (ipykernel)", language: "python" };
  const metadata = { kernelspec, language_info: { name: "python" } };
  return `${JSON.stringify({ cells: cells.map(code), metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}
