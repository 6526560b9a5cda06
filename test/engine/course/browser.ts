/** What participants see, in the participant's own browser. */
import assert from "node:assert/strict";
import type { ContentEntry } from "../../../components/content";
import { link } from "../../../components/links";
import { TestBrowser } from "../../browser/browser";
import type { Account, Visitor } from "../../browser/visitor";
import { currentToken } from "./server";
import type { Lab } from "../workshop/lab";

/** A private repository of the stack's configuration. */
export const DARCY = {
  url: "https://github.test/river-lab/groundwater-course",
  host: "github.test",
  path: "river-lab/groundwater-course",
  branch: "main",
  open: "browser/darcy.ipynb",
  app: "lab",
  folder: "groundwater-course",
} as const;
/** Names that must be encoded twice: in the link, and in the address that it leads to. */
const ODD = { branch: "ветка-#1&a+b", open: "День 1/Ввод & вывод #2 + more.ipynb" };

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

export function inTheBrowser(workshop: () => Lab): void {
  describe("in a participant's browser", () => {
    let browser: TestBrowser | undefined;
    let maria: Visitor;
    let who: Account;
    let url = "";
    let course = "";

    before(async () => {
      browser = await TestBrowser.open();
      const outputs = await workshop().outputs();
      url = outputs.url;
      who = { name: "maria", password: outputs.passwords["maria"] ?? "" };
      course = link(url, DARCY);
      maria = await browser.visitor();
    });
    after(() => browser?.close());

    /** A test whose failure comes with a picture. */
    const sees = (title: string, does: () => Promise<void>) =>
      it(title, () => browser?.watch(does));

    /** The instructor's push, from elsewhere. */
    async function push({ path, branch, open }: ContentEntry | typeof DARCY, ...cells: string[]) {
      await workshop().github.push(path, branch, { [open]: notebookText(...cells) }, "A change");
    }

    sees("the log-in page leads to JupyterLab, where a new notebook computes", async () => {
      await maria.logIn(url, who);
      assert.match(maria.page.url(), /\/user\/maria\/lab/);
      await maria.newNotebook();
      await maria.notebook.editCell(0, "print(5 * 4)");
      await maria.notebook.runAllCells();
      assert.deepEqual(await maria.notebook.cellOutputs(), ["20"]);
    });

    sees("a terminal runs commands as the participant, who has no sudo", async () => {
      const terminal = await maria.openTerminal();
      const { status, stdout, stderr } = await terminal.run(`
        whoami
        id -Gn
        tty
        sudo -n true && echo root`);
      const [name, groups, tty, ...more] = stdout.split("\n");
      assert.equal(name, "jupyter-maria");
      assert.equal(groups, "jupyter-maria jupyterhub-users");
      assert.match(tty ?? "", /^\/dev\/pts\//);
      assert.deepEqual(more, [""]);
      assert.match(stderr, /^sudo: /);
      assert.notEqual(status, 0);
    });

    sees("a terminal gives no way to the token, which the same terminal's git uses", async () => {
      const terminal = await maria.openTerminal();
      const { status, stdout, stderr } = await terminal.run(`
        GIT_TRACE_CURL=1 GIT_TRACE_REDACT=0 git ls-remote ${DARCY.url} HEAD 2>&1 || exit 1
        cat /etc/git-credentials /opt/tljh/state/rules/* /etc/workshop/sealed/*
        git config --list; env; sudo -n cat /etc/git-credentials
        cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/mem 2>/dev/null | tr '\\0' '\\n'
        curl -s --max-time 3 http://169.254.169.254/latest/meta-data/
        GIT_TERMINAL_PROMPT=0 git ls-remote https://github.test/river-lab/exam && exit 2
        exit 0`);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^[0-9a-f]{40}\tHEAD$/m);
      assert.match(stderr, /cat: \/etc\/git-credentials: Permission denied/);
      const token = await currentToken(workshop());
      const login = Buffer.from(`x-access-token:${token}`).toString("base64");
      assert.ok(token.length > 40);
      for (const form of [token, login]) assert.ok(!(stdout + stderr).includes(form));
    });

    sees("a link leads through the log-in page to the private repository's notebook", async () => {
      await push(DARCY, "k = 4", "print(5 * k)", "# mine");
      const fresh = await browser!.visitor();
      await fresh.openLink(course, who);
      assert.equal(fresh.notebook.path, "groundwater-course/browser/darcy.ipynb");
      assert.deepEqual(await fresh.home.list("groundwater-course/browser"), ["darcy.ipynb"]);
      await fresh.notebook.runAllCells();
      assert.deepEqual(await fresh.notebook.cellOutputs(), ["", "20", ""]);
      await fresh.leave();
    });

    sees("a second click brings what the instructor has changed elsewhere", async () => {
      await maria.openLink(course);
      await maria.notebook.editCell(2, "# mine: 42");
      await maria.notebook.save();
      await push(DARCY, "k = 5", "print(5 * k)", "# mine");
      await maria.openLink(course);
      assert.deepEqual(await maria.notebook.cellSources(), ["k = 5", "print(5 * k)", "# mine: 42"]);
    });

    sees("a cell that both have changed keeps the participant's text", async () => {
      await maria.notebook.editCell(0, "k = 6  # maria");
      await maria.notebook.save();
      await push(DARCY, "k = 7", "print(5 * k)", "# mine");
      await maria.openLink(course);
      const sources = ["k = 6  # maria", "print(5 * k)", "# mine: 42"];
      assert.deepEqual(await maria.notebook.cellSources(), sources);
    });

    for (const [app, where] of [
      ["lab", "JupyterLab"],
      ["notebook", "the Notebook interface"],
    ] as const) {
      sees(`odd names of branch, folder and file open the right notebook in ${where}`, async () => {
        // nbgitpuller's clone has one branch only: another one needs a folder of its own.
        const odd = { ...DARCY, ...ODD, app, name: app, folder: `odd-${app}` };
        await push(odd, "print('right')");
        await maria.openLink(link(url, odd));
        assert.equal(maria.notebook.path, `${odd.folder}/${ODD.open}`);
        await maria.notebook.runAllCells();
        assert.deepEqual(await maria.notebook.cellOutputs(), ["right"]);
      });
    }

    sees("the log-in page lists the links, and clicking one leads to its notebook", async () => {
      const fresh = await browser!.visitor();
      await fresh.page.goto(`${url}/hub/login`);
      assert.match(await fresh.text(), /Course material: introduction · field-data/);
      await fresh.clickLink("introduction", who);
      assert.equal(fresh.notebook.path, "groundwater-course/notebooks/1_introduction.ipynb");
      await fresh.leave();
    });

    sees("the short address that is easy to type leads to the first link", async () => {
      await maria.openLink(`${url}/start`);
      // The address names the folder first when JupyterLab shows again what was open before.
      await maria.page.waitForURL(/\.ipynb$/);
      assert.equal(maria.notebook.path, "groundwater-course/notebooks/1_introduction.ipynb");
    });
  });
}
