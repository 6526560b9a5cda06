/** What a participant sees, in the participant's own browser. */
import assert from "node:assert/strict";
import { TestBrowser } from "../../browser/browser";
import type { Visitor } from "../../browser/visitor";
import { addParticipant } from "./hub";
import type { Lab } from "./lab";
import { notebookText, Repository } from "./repository";

const MARIA = { name: "maria", password: "maria-password" };
/** Names that must be encoded twice: in the link, and in the address that it leads to. */
const ODD_BRANCH = "ветка-#1&a+b";
const ODD_PATH = "День 1/Ввод & вывод #2 + more.ipynb";

export function inTheBrowser(workshop: () => Lab): void {
  describe("in a participant's browser", () => {
    const course = new Repository(workshop, "course");
    let browser: TestBrowser | undefined;
    let url = "";
    let maria: Visitor;

    before(async () => {
      browser = await TestBrowser.open();
      url = (await workshop().outputs()).url;
      await addParticipant(workshop(), MARIA.name, MARIA.password);
      maria = await browser.visitor();
    });
    after(() => browser?.close());

    /** A test whose failure comes with a picture. */
    const sees = (title: string, does: () => Promise<void>) =>
      it(title, () => browser?.watch(does));

    sees("the log-in page leads to JupyterLab, where a new notebook computes", async () => {
      await maria.logIn(url, MARIA);
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

    sees("a link leads through the log-in page to the repository's notebook", async () => {
      await course.push({ "darcy.ipynb": notebookText("k = 4", "print(5 * k)", "# mine") });
      const fresh = await browser!.visitor();
      await fresh.openLink(link(course, "lab/tree", "darcy.ipynb"), MARIA);
      assert.equal(fresh.notebook.path, "course/darcy.ipynb");
      assert.deepEqual(await fresh.home.list("course"), ["darcy.ipynb"]);
      await fresh.notebook.runAllCells();
      assert.deepEqual(await fresh.notebook.cellOutputs(), ["", "20", ""]);
    });

    sees("a second click brings what the instructor has changed elsewhere", async () => {
      const click = link(course, "lab/tree", "darcy.ipynb");
      await maria.openLink(click);
      await maria.notebook.editCell(2, "# mine: 42");
      await maria.notebook.save();
      await course.push({ "darcy.ipynb": notebookText("k = 5", "print(5 * k)", "# mine") });
      await maria.openLink(click);
      assert.deepEqual(await maria.notebook.cellSources(), ["k = 5", "print(5 * k)", "# mine: 42"]);
    });

    sees("a cell that both have changed keeps the participant's text", async () => {
      const click = link(course, "lab/tree", "darcy.ipynb");
      await maria.notebook.editCell(0, "k = 6  # maria");
      await maria.notebook.save();
      await course.push({ "darcy.ipynb": notebookText("k = 7", "print(5 * k)", "# mine") });
      await maria.openLink(click);
      const sources = ["k = 6  # maria", "print(5 * k)", "# mine: 42"];
      assert.deepEqual(await maria.notebook.cellSources(), sources);
    });

    for (const [app, place] of [
      ["JupyterLab", "lab/tree"],
      ["the Notebook interface", "tree"],
    ] as const) {
      sees(`odd names of branch and path open the right notebook in ${app}`, async () => {
        const odd = new Repository(workshop, `odd-${place.replace("/", "-")}`, ODD_BRANCH);
        await odd.push({ [ODD_PATH]: notebookText("print('right')") });
        await maria.openLink(link(odd, place, ODD_PATH));
        assert.equal(maria.notebook.path, `${odd.name}/${ODD_PATH}`);
        await maria.notebook.runAllCells();
        assert.deepEqual(await maria.notebook.cellOutputs(), ["right"]);
      });
    }

    function link({ address, branch, name }: Repository, place: string, path: string): string {
      const open = [name, ...path.split("/")].map(encodeURIComponent).join("/");
      const query = new URLSearchParams({ repo: address, branch, targetpath: name });
      query.set("urlpath", `${place}/${open}`);
      return `${url}/hub/user-redirect/git-pull?${query.toString()}`;
    }
  });
}
