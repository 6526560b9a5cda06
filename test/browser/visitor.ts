/** Somebody at a browser: logs in, opens links, works in JupyterLab. */
import fs from "node:fs";
import type { Page } from "playwright-core";
import { HomeFolder } from "./homeFolder";
import { Notebook } from "./notebook";
import { Terminal } from "./terminal";

/** Name and password on the hub. */
export interface Account {
  name: string;
  password: string;
}

/** How long a page may take to become what is waited for, on a busy computer. */
const PATIENCE_MS = 60_000;
/** Lines of a page's text in the error of a failed test. */
const SHOWN_LINES = 40;
/** A container that starts or ends meanwhile changes this computer's network. */
const NETWORK_CHANGED = "ERR_NETWORK_CHANGED";

export class Visitor {
  /** Errors in the page and in its console, in order. */
  readonly complaints: string[] = [];
  /** The notebook in front. */
  readonly notebook: Notebook;
  private networkChanged = false;

  constructor(readonly page: Page) {
    page.setDefaultTimeout(PATIENCE_MS);
    this.notebook = new Notebook(page, () => this.home);
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("requestfailed", (request) => {
      if (request.failure()?.errorText.includes(NETWORK_CHANGED)) this.networkChanged = true;
    });
  }

  /** The home folder on the server of whoever is logged in. */
  get home(): HomeFolder {
    const [, site, name] = /^(https?:\/\/[^/]+)\/user\/([^/]+)\//.exec(this.page.url()) ?? [];
    if (!site || !name) throw new Error(`${this.page.url()} is nobody's server`);
    return new HomeFolder(this.page.context(), `${site}/user/${name}`);
  }

  /** Opens the log-in page at `url`, logs in, and waits for JupyterLab. */
  async logIn(url: string, account: Account): Promise<void> {
    await this.openLink(`${url}/hub/login`, account);
  }

  /**
   * Opens an address as one does who clicks it, logs in if asked to, and waits until what it leads
   * to can be worked with: a notebook with an idle kernel, or JupyterLab.
   *
   * @throws Error if it leads elsewhere: to a refusal, or to a notebook that is not there
   */
  async openLink(url: string, account?: Account): Promise<void> {
    await this.untilNetworkRests(async (again) => {
      await (again ? this.page.reload() : this.page.goto(url));
      await this.arrive(account);
    });
  }

  /** Clicks what is a link on the page; else like `openLink`. */
  async clickLink(name: string, account?: Account): Promise<void> {
    const there = this.page.getByRole("link", { name, exact: true });
    const url = new URL((await there.getAttribute("href")) ?? "", this.page.url());
    await this.untilNetworkRests(async (again) => {
      const left = this.page.url();
      await (again ? this.page.goto(url.href) : there.click());
      // The page that is left may be the log-in page, too.
      if (!again) await this.page.waitForURL((now) => now.href !== left);
      await this.arrive(account);
    });
  }

  /** Closes the browser of this visitor, whose server goes on. */
  async leave(): Promise<void> {
    await this.page.context().close();
  }

  get isHere(): boolean {
    return !this.page.isClosed();
  }

  /** What the page says. */
  async text(): Promise<string> {
    return this.page.locator("body").innerText();
  }

  /** A new notebook by JupyterLab's launcher, with an idle kernel. */
  async newNotebook(): Promise<void> {
    await this.notebook.choose("File", "launcher:create");
    const card = '.jp-LauncherCard[data-category="Notebook"]:visible';
    await this.page.locator(card).first().click();
    await this.notebook.idle(1);
  }

  /** A new terminal in JupyterLab, ready for commands. */
  async openTerminal(): Promise<Terminal> {
    if (!new URL(this.page.url()).pathname.includes("/lab")) {
      await this.openLink(this.home.address("lab"));
    }
    return Terminal.open(this.page, this.home);
  }

  /** What is seen now; the picture goes to `file`. */
  async describe(file: string): Promise<string> {
    const picture = await this.page.screenshot({ path: file }).then(
      () => file,
      (error: Error) => `none (${error.message.split("\n")[0]})`,
    );
    const text = await this.text().catch(() => "");
    fs.writeFileSync(`${file}.txt`, text);
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return [
      `\n  at:       ${this.page.url()}`,
      `  picture:  ${picture}`,
      `  text:     ${lines.slice(0, SHOWN_LINES).join("\n            ")}`,
      `  console:  ${this.complaints.slice(-10).join("\n            ") || "no errors"}`,
    ].join("\n");
  }

  /** Logs in if asked to, and waits for what can be worked with. */
  private async arrive(account?: Account): Promise<void> {
    if ((await this.whereItLeads()) === "login") {
      if (!account) throw new Error("the hub asks who it is");
      await this.enter(account);
    }
    if (this.notebook.path !== undefined) await this.notebook.opened();
    else await this.page.locator(".lm-MenuBar-item").first().waitFor();
  }

  /** Fills in the form that is shown. */
  private async enter({ name, password }: Account): Promise<void> {
    await this.page.locator("#username_input").fill(name);
    await this.page.locator("#password_input").fill(password);
    await this.page.locator("#login_submit").click();
    const where = await this.whereItLeads();
    if (where === "login") throw new Error(`the hub does not let ${name} in`);
  }

  /** Waits until no redirect, pull or start of a server is under way. */
  private async whereItLeads(): Promise<"login" | "there"> {
    const found = await this.page.waitForFunction(() => {
      const { pathname } = window.location;
      const shows = (selector: string) =>
        document.querySelector<HTMLElement>(selector)?.offsetParent != null;
      if (window.location.protocol === "chrome-error:") return "refused";
      if (document.readyState === "loading") return undefined;
      if (pathname.endsWith("/hub/login")) return shows("#login_submit") ? "login" : undefined;
      if (pathname.includes("/git-pull")) return shows("#container-error") ? "refused" : undefined;
      if (shows("#jupyterhub-error, .error")) return "refused";
      // The hub's page of a server that did not start.
      if (shows(".progress-bar-danger, .bg-danger")) return "refused";
      return /^\/user\/[^/]+\/(?!git-pull)/.test(pathname) ? "there" : undefined;
    });
    const where = await found.jsonValue();
    if (where !== "refused") return where ?? "there";
    throw new Error(`the link leads to an error: ${(await this.text()).slice(0, 2_000)}`);
  }

  /** Does it again when the network has changed meanwhile: the page then lacks parts of itself. */
  private async untilNetworkRests(does: (again: boolean) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      this.networkChanged = false;
      try {
        await does(tries > 1);
        return;
      } catch (error) {
        if (!this.networkChanged || tries === 5) throw error;
      }
    }
  }
}
