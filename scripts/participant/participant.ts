/** A participant as a program: logs in, starts the server, pulls the material, works in a kernel. */
import { setTimeout as sleep } from "node:timers/promises";
import { eventsOf } from "./events";
import { Kernel } from "./kernel";
import { Site, type Answer, type Sent, type SiteOptions } from "./site";

/** Name and password on the hub. */
export interface Account {
  name: string;
  password: string;
}

/** What a server says while it starts. */
interface Progress {
  progress: number;
  message?: string;
  failed?: boolean;
  ready?: boolean;
}

/** What nbgitpuller says while it pulls. */
interface Pulled {
  phase: "syncing" | "finished" | "error";
  output?: string;
  message?: string;
}

/** Where a link leads to. */
export interface Place {
  /** Path in the home folder; empty: the link names none. */
  path: string;
}

const START_LIMIT_SECONDS = 300;
const PULL_LIMIT_SECONDS = 300;

/** What the hub said of a request that it did not do. */
export class Refused extends Error {
  constructor(
    what: string,
    readonly status: number,
    detail = "",
  ) {
    super(`${what}: status ${status}${detail && `, ${detail}`}`);
  }
}

/** Somebody at a browser of one's own. Every method throws an Error when it does not come about. */
export class Participant {
  readonly site: Site;
  private readonly kernels: Kernel[] = [];

  /** @param base address of the hub, such as https://jupyter.example.org */
  constructor(
    base: string,
    readonly account: Account,
    options: SiteOptions = {},
  ) {
    this.site = new Site(base, options);
  }

  /** Address of the person's server, without a slash at its end. */
  get server(): string {
    return `${this.site.base}/user/${encodeURIComponent(this.account.name)}`;
  }

  /** Opens the log-in page, and logs in with its form. */
  async logIn(): Promise<void> {
    const login = `${this.site.base}/hub/login`;
    const page = await this.site.visit(login);
    expected("the log-in page", page, 200);
    const { name: username, password } = this.account;
    const xsrf = this.site.cookie(login, "_xsrf") ?? "";
    const entered = await this.site.ask(`${login}?_xsrf=${encodeURIComponent(xsrf)}`, {
      form: { username, password, _xsrf: xsrf },
    });
    if (entered.status !== 302) throw new Refused("log-in", entered.status, shownError(entered));
  }

  /** Asks for the person's server, and waits until it runs. `onProgress`: what the hub says. */
  async startServer(
    onProgress: (message: string) => void = () => undefined,
    limitSeconds = START_LIMIT_SECONDS,
  ): Promise<void> {
    const api = `${this.site.base}/hub/api/users/${encodeURIComponent(this.account.name)}`;
    // The page that a browser is led to gives the cookie that the API wants.
    await this.site.visit("/hub/home");
    const asked = await this.ask(`${api}/server`, { method: "POST", json: {} });
    // 400: it runs already, or is starting.
    if (![201, 202].includes(asked.status) && !isRunning(asked)) {
      throw new Refused("start of the server", asked.status, shownError(asked));
    }
    await this.followStart(`${api}/server/progress`, onProgress, limitSeconds);
  }

  private async followStart(
    address: string,
    onProgress: (message: string) => void,
    limitSeconds: number,
  ): Promise<void> {
    const signal = AbortSignal.timeout(limitSeconds * 1000);
    while (!signal.aborted) {
      const { status, unpacked } = await this.site.open(address, { signal, limitSeconds });
      const stream = unpacked();
      if (status !== 200) {
        stream.destroy();
        throw new Refused("progress of the server's start", status);
      }
      for await (const { message = "", ready, failed } of eventsOf<Progress>(stream)) {
        if (message !== "") onProgress(message);
        if (failed) throw new Error(`the server did not start: ${message}`);
        if (ready) return;
      }
      // The stream has ended early: the proxy was restarted.
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
    throw new Error(`the server did not start within ${limitSeconds} s`);
  }

  /** Opens JupyterLab's page, as far as it comes before its scripts. The page. */
  async openLab(): Promise<Answer> {
    const page = await this.site.visit(`${this.server}/lab`);
    expected("JupyterLab's page", page, 200);
    if (!page.text.includes("jupyter-config-data")) {
      throw new Error(`JupyterLab's page is another one: ${page.url.href}`);
    }
    return page;
  }

  /**
   * Opens a link for participants, as `pulumi stack output links` has it: lets nbgitpuller clone or
   * pull, and tells where the link leads.
   *
   * @param onLine is called with what git prints
   */
  async pull(
    link: string,
    onLine: (line: string) => void = () => undefined,
    limitSeconds = PULL_LIMIT_SECONDS,
  ): Promise<Place> {
    const page = await this.site.visit(link);
    expected("the link", page, 200);
    if (!page.url.pathname.endsWith("/git-pull")) {
      throw new Error(`the link leads to ${page.url.pathname}`);
    }
    const query = page.url.searchParams;
    const asked = new URLSearchParams({ repo: query.get("repo") ?? "" });
    for (const key of ["branch", "depth", "targetpath"]) {
      const value = query.get(key);
      if (value !== null) asked.set(key, value);
    }
    const { status, unpacked } = await this.site.open(
      `${this.server}/git-pull/api?${asked.toString()}`,
      {
        headers: this.xsrf(`${this.server}/`),
        limitSeconds,
        signal: AbortSignal.timeout(limitSeconds * 1000),
      },
    );
    const stream = unpacked();
    if (status !== 200) {
      stream.destroy();
      throw new Refused("git pull", status);
    }
    for await (const { phase, output = "", message = "" } of eventsOf<Pulled>(stream)) {
      if (phase === "error") throw new Error(message.trim() || output.trim() || "git pull failed");
      if (phase === "finished") return placeOf(query.get("urlpath") ?? "");
      if (output.trim() !== "") onLine(output.trimEnd());
    }
    throw new Error("git pull ended without a word");
  }

  /** Whether there is something at a path in the home folder. */
  async has(path: string): Promise<boolean> {
    const steps = path.split("/").map(encodeURIComponent).join("/");
    const answer = await this.ask(`${this.server}/api/contents/${steps}?content=0`);
    if (answer.status === 404) return false;
    expected(path, answer, 200);
    return true;
  }

  /** Starts a kernel, and waits until it answers. */
  async startKernel(limitSeconds?: number): Promise<Kernel> {
    const started = await this.ask(`${this.server}/api/kernels`, { method: "POST", json: {} });
    expected("start of a kernel", started, 201);
    const { id } = JSON.parse(started.text) as { id: string };
    const kernel = new Kernel(this.site, this.server, id);
    this.kernels.push(kernel);
    await kernel.connect(limitSeconds);
    await kernel.ready(limitSeconds);
    return kernel;
  }

  /** Stops the person's server, and waits until it has ended. */
  async stopServer(limitSeconds = 60): Promise<void> {
    const user = `${this.site.base}/hub/api/users/${encodeURIComponent(this.account.name)}`;
    const end = Date.now() + limitSeconds * 1000;
    for (;;) {
      const { status } = await this.ask(`${user}/server`, { method: "DELETE" });
      // 400, 404: there is none any more.
      if ([204, 400, 404].includes(status)) return;
      if (status !== 202) throw new Refused("stop of the server", status);
      if (Date.now() > end) throw new Error(`the server did not stop within ${limitSeconds} s`);
      await sleep(300);
    }
  }

  /** Closes the browser. A server that runs goes on. */
  leave(): void {
    for (const kernel of this.kernels) kernel.close();
    this.site.close();
  }

  /** A request of the page's scripts. */
  async ask(url: string, sent: Sent = {}): Promise<Answer> {
    return this.site.visit(url, { ...sent, headers: { ...this.xsrf(url), ...sent.headers } });
  }

  private xsrf(url: string): Record<string, string> {
    const xsrf = this.site.cookie(url, "_xsrf");
    return xsrf === undefined ? {} : { "X-XSRFToken": xsrf };
  }
}

function expected(what: string, answer: Answer, status: number): void {
  if (answer.status !== status) throw new Refused(what, answer.status, shownError(answer));
}

function isRunning({ status, text }: Answer): boolean {
  return status === 400 && /already running|pending/i.test(text);
}

/** The words in which the hub says what is wrong: of its API, or of a page. */
function shownError({ text }: Answer): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    const [, shown = ""] =
      /class="[^"]*(?:login_error|error)[^"]*"[^>]*>([\s\S]*?)<\//.exec(text) ?? [];
    return shown
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim();
  }
}

/** What a link's `urlpath` opens: lab/tree/…, notebooks/…, edit/… or tree/… */
export function placeOf(urlpath: string): Place {
  const path = urlpath.replace(/[?#].*$/, "");
  const [, inHome = ""] = /^\/?(?:lab\/tree|notebooks|edit|tree)\/(.*)$/.exec(path) ?? [];
  return { path: decodeURIComponent(inHome).replace(/\/+$/, "") };
}
