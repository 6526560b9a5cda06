/// <reference lib="dom" />
/** The notebook in front of a visitor, in JupyterLab or in the Notebook interface. */
import type { Locator, Page } from "playwright-core";
import type { HomeFolder } from "./homeFolder";

/** Those of other tabs stay in the page, hidden. */
const PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)";
const CELL = `${PANEL} .jp-Notebook .jp-Cell`;

export class Notebook {
  constructor(
    private readonly page: Page,
    private readonly home: () => HomeFolder,
  ) {}

  /** Path in the home folder, by the page's address; undefined if it is no notebook's. */
  get path(): string | undefined {
    const { pathname } = new URL(this.page.url());
    const place = /^\/user\/[^/]+\/(?:lab(?:\/workspaces\/[^/]+)?\/tree|notebooks|tree)\/(.*)$/;
    const path = decodeURIComponent(place.exec(pathname)?.[1] ?? "");
    return path.endsWith(".ipynb") ? path : undefined;
  }

  /**
   * Waits until all cells are there and the kernel is idle. Notebooks so long that cells are left out
   * of the page are not for this.
   *
   * @throws Error if there is no such notebook
   */
  async opened(): Promise<void> {
    const { path } = this;
    const text = path && (await this.home().read(path));
    if (text === undefined) throw new Error(`there is no notebook ${path}`);
    const { cells } = JSON.parse(text) as { cells: unknown[] };
    await this.idle(cells.length);
  }

  /** What stands in each cell; of rendered text what is read. */
  async cellSources(): Promise<string[]> {
    return this.page.locator(CELL).evaluateAll((cells) =>
      cells.map((cell) => {
        const rendered = cell.querySelector<HTMLElement>(".jp-MarkdownOutput:not(.lm-mod-hidden)");
        if (rendered) return rendered.innerText;
        const lines = [...cell.querySelectorAll(".cm-content .cm-line")];
        return lines.map((line) => line.textContent).join("\n");
      }),
    );
  }

  /** What is printed under each cell, errors too. */
  async cellOutputs(): Promise<string[]> {
    return this.page.locator(CELL).evaluateAll((cells) =>
      cells.map((cell) => {
        const outputs = [...cell.querySelectorAll<HTMLElement>(".jp-OutputArea-output")];
        return outputs.map((output) => output.innerText.trimEnd()).join("\n");
      }),
    );
  }

  /** Replaces what stands in a cell, counted from 0. */
  async editCell(index: number, text: string): Promise<void> {
    const cell = this.page.locator(CELL).nth(index);
    const rendered = cell.locator(".jp-MarkdownOutput:not(.lm-mod-hidden)");
    if ((await rendered.count()) > 0) await rendered.dblclick();
    await cell.locator(".cm-content").fill(text);
    const [now] = (await this.cellSources()).slice(index);
    if (now !== text) throw new Error(`cell ${index} has ${now} instead of ${text}`);
  }

  /** Runs all cells from a clean state, to the end or to the first error. */
  async runAllCells(): Promise<void> {
    await this.choose("Edit", "editmenu:clear-all");
    await this.choose("Run", "runmenu:run-all");
    await this.page.waitForFunction((cellSelector) => {
      const cells = [...document.querySelectorAll(cellSelector)];
      const code = cells.filter((cell) => cell.matches(".jp-CodeCell"));
      const filled = code.filter((cell) => cell.querySelector(".cm-content")?.textContent !== "");
      const prompts = filled.map((it) => it.querySelector(".jp-InputPrompt")?.textContent ?? "");
      const failed = document.querySelector(
        `${cellSelector} [data-mime-type="application/vnd.jupyter.stderr"]`,
      );
      const ran = prompts.filter((prompt) => /\d/.test(prompt)).length;
      return !prompts.some((it) => it.includes("*")) && (failed ?? ran === filled.length);
    }, CELL);
    await this.idle();
  }

  /** Saves, and waits until the server has it. */
  async save(): Promise<void> {
    const saved = this.page.waitForResponse(
      (answer) => answer.request().method() === "PUT" && answer.url().includes("/api/contents/"),
    );
    await this.choose("File", "docmanager:save");
    const answer = await saved;
    if (!answer.ok()) throw new Error(`not saved: ${answer.status()} ${answer.statusText()}`);
  }

  /** Chooses from a menu. */
  async choose(menu: string, command: string): Promise<void> {
    await this.closeNews();
    await this.menu(menu).click();
    await this.page.locator(`.lm-Menu-item[data-command="${command}"]`).click();
  }

  /** JupyterLab asks each newcomer once, in a corner, whether to fetch news. */
  private async closeNews(): Promise<void> {
    const question = this.page.locator(".Toastify__toast").filter({ hasText: "Jupyter news" });
    if (!(await question.isVisible())) return;
    await question.getByRole("button", { name: "No", exact: true }).click();
    await question.waitFor({ state: "hidden" });
  }

  private menu(name: string): Locator {
    return this.page.locator(".lm-MenuBar-item").filter({ hasText: new RegExp(`^${name}$`) });
  }

  /** Waits for a kernel that has nothing to do. `cells`: and for so many cells. */
  async idle(cells?: number): Promise<void> {
    await this.page.waitForFunction(
      ({ panel, cell, cells }) => {
        const front = document.querySelector(panel);
        const status = front?.querySelector(
          ".jp-Notebook-ExecutionIndicator, .jp-NotebookKernelStatus",
        );
        const kernel = front?.querySelector(".jp-KernelName")?.textContent ?? "";
        return (
          !front?.querySelector(".jp-Spinner") &&
          status?.getAttribute("data-status") === "idle" &&
          !["", "No Kernel"].includes(kernel) &&
          (cells === undefined || document.querySelectorAll(cell).length === cells)
        );
      },
      { panel: PANEL, cell: CELL, cells },
    );
  }
}
