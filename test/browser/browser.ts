/** A Chromium of the tests' own, with a profile that is gone afterwards. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";
import { searchPath } from "../../rehearsal/setup/run.mjs";
import { testBrowser } from "../../rehearsal/toolchain";
import { Visitor } from "./visitor";

/** Whom a browser finds and trusts beside what the world does. */
export interface World {
  /** Addresses by host name, as a DNS would have them. */
  names?: Readonly<Record<string, string>>;
  /** Authorities, as PEM: one after the other. */
  authorities?: string;
}

/** It shall speak to the hub and to nobody else. */
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
];

/** Writes authorities where Chromium on Linux looks for those that its user trusts. */
function trust(home: string, authorities: string): void {
  const texts = authorities.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (texts === null) return;
  const store = path.join(home, ".pki/nssdb");
  fs.mkdirSync(store, { recursive: true });
  const certutil = (args: readonly string[], input = ""): void => {
    const env = { ...process.env, PATH: searchPath() };
    execFileSync("certutil", ["-d", `sql:${store}`, ...args], { env, input });
  };
  certutil(["-N", "--empty-password"]);
  texts.forEach((text, index) => certutil(["-A", "-t", "C,,", "-n", `authority ${index}`], text));
}

export class TestBrowser {
  private readonly visitors: Visitor[] = [];

  private constructor(
    private readonly browser: Browser,
    /** HOME of the browser. */
    private readonly home: string,
  ) {}

  /** @throws Error that names the set-up, if there is no browser */
  static async open({ names = {}, authorities = "" }: World = {}): Promise<TestBrowser> {
    const executablePath = testBrowser();
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-browser-"));
    const rules = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`);
    try {
      trust(home, authorities);
      const browser = await chromium.launch({
        executablePath,
        // Chromium refuses its sandbox to root.
        chromiumSandbox: process.getuid?.() !== 0,
        args: [...QUIET, ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(",")}`] : [])],
        env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      });
      return new TestBrowser(browser, home);
    } catch (error) {
      fs.rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  /** Somebody with cookies of one's own, as at a computer of one's own. */
  async visitor(): Promise<Visitor> {
    const context = await this.browser.newContext({ viewport: { width: 1400, height: 1000 } });
    // Functions that tests run in the page carry this call of the compiler's (esbuild) with them.
    await context.addInitScript({ content: "globalThis.__name = (it) => it;" });
    const visitor = new Visitor(await context.newPage());
    this.visitors.push(visitor);
    return visitor;
  }

  /**
   * Does what a test does; the error of a failure also tells what each visitor saw, and where the
   * picture of it is.
   */
  async watch(does: () => Promise<void>): Promise<void> {
    try {
      await does();
    } catch (error) {
      if (error instanceof Error) {
        const { message, stack = "" } = error;
        error.message += await this.describe();
        error.stack = stack.replace(message, () => error.message);
      }
      throw error;
    }
  }

  /** What each visitor sees now, with a picture of it. */
  async describe(): Promise<string> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-pictures-"));
    const all = this.visitors
      .filter(({ isHere }) => isHere)
      .map((visitor, index) => visitor.describe(path.join(folder, `visitor-${index + 1}.png`)));
    return (await Promise.all(all)).join("");
  }

  async close(): Promise<void> {
    await this.browser.close();
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}
