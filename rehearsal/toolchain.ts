/** What set-up has installed, for all that use it. */
import fs from "node:fs";
import path from "node:path";
import { cacheRoot as root } from "./setup/cache.mjs";

/** A part of the tool chain, for the printed table. */
export interface ToolchainRow {
  part: string;
  /** What was taken, such as "stand-in, 7.48.0". */
  took: string;
  /** How long the last set-up worked on it; 0 if it was there. */
  seconds: number;
}

/** The contents of toolchain.json. All paths are absolute. */
export interface Toolchain {
  /** The `pulumi` CLI. */
  pulumi: string;
  /** PULUMI_HOME with the provider plugins, real or stand-in. */
  pulumiHome: string;
  /** To put in front of PATH: the CLI, its language host, the dynamic providers' launcher. */
  pathDirs: string[];
  /** Python of moto's virtual environment. */
  motoPython: string;
  /** Let's Encrypt's ACME server for tests. */
  pebble: string;
  /** Root filesystem of the machines: a sparse ext4 file of 8 GiB, never to be written to. */
  machineImage: string;
  plugins: Record<"aws" | "command" | "tls", "stand-in" | "real">;
  /** Chromium or Google Chrome; only a set-up for tests looks for it. */
  chromium?: string;
  took: ToolchainRow[];
}

/**
 * Folder of everything that is built or kept: `$TLJH_WORKSHOP_CACHE`, else
 * `$XDG_CACHE_HOME/tljh-workshop`, else `~/.cache/tljh-workshop`.
 */
export function cacheRoot(): string {
  return root();
}

/**
 * Reads what `npm run setup` has written.
 *
 * @throws Error if set-up has not run, or something that it made is gone
 */
export function loadToolchain(): Toolchain {
  const file = path.join(cacheRoot(), "toolchain.json");
  if (!fs.existsSync(file)) throw new Error(notReady(`no ${file}`));
  const toolchain = JSON.parse(fs.readFileSync(file, "utf8")) as Toolchain;
  const { pulumi, pulumiHome, motoPython, pebble = "pebble", machineImage } = toolchain;
  const parts = [pulumi, pulumiHome, motoPython, pebble, machineImage];
  const gone = parts.filter((at) => !fs.existsSync(at));
  if (gone.length > 0) throw new Error(notReady(`${gone.join(", ")} is gone`));
  return toolchain;
}

/**
 * The tests' browser.
 *
 * @throws Error if no set-up for tests has run, or the browser is gone
 */
export function testBrowser(): string {
  const { chromium } = loadToolchain();
  if (chromium !== undefined && fs.existsSync(chromium)) return chromium;
  const received = chromium === undefined ? "no browser for the tests" : `${chromium} is gone`;
  throw new Error(notReady(received, "npm run setup -- --tests"));
}

function notReady(received: string, mend = "npm run setup"): string {
  return [
    "The rehearsal's tool chain is not complete",
    `  received: ${received}`,
    "  allowed:  what set-up installs",
    `  to mend:  ${mend}`,
  ].join("\n");
}
