/** A terminal in JupyterLab. */
import type { Page, WebSocket } from "playwright-core";
import type { HomeFolder } from "./homeFolder";

/** What a script came to, each byte of it. */
export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

/** A script that takes longer has failed with this status. */
export const TOO_LONG = 124;

/** The terminal in front; those of other tabs stay in the page, hidden. */
const FRONT = ".lm-DockPanel-widget:not(.lm-mod-hidden) .jp-Terminal";

export class Terminal {
  /** All that it has printed, control codes too: the page paints it on a canvas. */
  text = "";
  private waiting: (() => void)[] = [];
  private runs = 0;

  private constructor(
    private readonly page: Page,
    private readonly home: HomeFolder,
  ) {}

  /** Opens a new one by JupyterLab's menu, and waits for its prompt. */
  static async open(page: Page, home: HomeFolder): Promise<Terminal> {
    const terminal = new Terminal(page, home);
    const others = await home.terminals();
    // A connection that breaks is made again, and the server repeats what it has printed.
    page.on("websocket", (socket) => {
      const [, name] = /\/terminals\/websocket\/([^/?]+)/.exec(socket.url()) ?? [];
      if (name !== undefined && !others.includes(name)) terminal.listen(socket);
    });
    await page
      .locator(".lm-MenuBar-item")
      .filter({ hasText: /^File$/ })
      .click();
    await page.locator('.lm-Menu-item[data-type="submenu"]').filter({ hasText: /^New/ }).hover();
    await page.locator('.lm-Menu-item[data-command="terminal:create-new"]').click();
    // What is typed before the server's first word goes nowhere.
    await terminal.shows(/\$ /);
    await page.locator(`${FRONT} .xterm`).waitFor();
    return terminal;
  }

  private listen(socket: WebSocket): void {
    socket.on("framereceived", ({ payload }) => {
      const [kind, text] = JSON.parse(payload.toString()) as [string, unknown];
      if (kind !== "stdout" || typeof text !== "string") return;
      this.text += text;
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.page.locator(`${FRONT} textarea`).focus();
    await this.page.keyboard.insertText(line);
    await this.page.keyboard.press("Enter");
  }

  /** Waits until the terminal has printed what is looked for. */
  async shows(pattern: RegExp, limitSeconds = 60): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(limitSeconds * 1000);
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        this.waiting.push(resolve);
        const late = () =>
          reject(new Error(`the terminal never printed ${pattern}:\n${this.text}`));
        if (limit.aborted) late();
        limit.addEventListener("abort", late, { once: true });
      });
    }
  }

  /**
   * Runs a bash script, of any number of lines, from a file: with the terminal as its standard input
   * and its controlling terminal, in the home folder.
   */
  async run(script: string, limitSeconds = 60): Promise<Ran> {
    this.runs += 1;
    const folder = `terminal-${process.pid}-${Date.now()}-${this.runs}`;
    await this.home.makeFolder(folder);
    await this.home.write(`${folder}/script`, script);
    const at = (name: string) => `~/${folder}/${name}`;
    const status = await this.finish(
      `timeout --foreground -k 5 ${limitSeconds} bash ${at("script")} >${at("stdout")} 2>${at("stderr")}`,
      limitSeconds + 30,
    );
    const [stdout = "", stderr = ""] = await Promise.all(
      ["stdout", "stderr"].map((name) => this.home.read(`${folder}/${name}`)),
    );
    await this.finish(`rm -rf ~/${folder}`, 30);
    return { status, stdout, stderr };
  }

  /** Types a line and waits for its exit status. */
  private async finish(line: string, limitSeconds: number): Promise<number> {
    const mark = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    // The echo of the line has no number after the mark.
    await this.type(`${line}; printf '\\nended ${mark} %s.\\n' $?`);
    const ended = await this.shows(new RegExp(`ended ${mark} (\\d+)\\.`), limitSeconds);
    return Number(ended[1]);
  }
}
