#!/usr/bin/env node
/**
 * Installs what the rehearsal needs on this computer, and writes toolchain.json for those who use
 * it. Plain Node, no package: it runs before `npm ci`. May be run at any time; what is there stays.
 *
 *   node rehearsal/setup.mjs             lists what it will install, then does it
 *   node rehearsal/setup.mjs --tests     also what only the tests need: a browser
 *   node rehearsal/setup.mjs --list      only lists
 *
 * Everything built is kept in one folder outside the clone, which may be deleted at any time:
 * $TLJH_WORKSHOP_CACHE, else $XDG_CACHE_HOME/tljh-workshop, else ~/.cache/tljh-workshop.
 *
 * Settings, all optional, from the environment:
 *   REHEARSAL_PULUMI          path of a pulumi CLI. Default: the one on PATH if it is new enough,
 *                             else the one that npm's launcher downloads, else built from Go modules
 *   REHEARSAL_PLUGINS         auto | real | stand-in: what the provider plugins shall be. Default
 *                             auto: real where they can be downloaded
 *   REHEARSAL_PLUGIN_AWS, REHEARSAL_PLUGIN_COMMAND, REHEARSAL_PLUGIN_TLS    the same for one plugin
 *   REHEARSAL_MACHINE_IMAGE   image that podman can pull, or path of a root filesystem's tar, with
 *                             systemd, sshd and cloud-init. Default: made of Debian's packages
 *   REHEARSAL_PEBBLE          path of Let's Encrypt's Pebble. Default: the one on PATH, else
 *                             Debian's package
 *   REHEARSAL_CHROMIUM        path of a Chromium or Google Chrome. Default: the one on PATH, else
 *                             Debian's package
 */
import fs from "node:fs";
import path from "node:path";
import { browserPart } from "./setup/browser.mjs";
import { cacheRoot, readJson, writeJson } from "./setup/cache.mjs";
import { SetupError } from "./setup/errors.mjs";
import { image } from "./setup/image.mjs";
import { withLock } from "./setup/lock.mjs";
import { moto } from "./setup/moto.mjs";
import { npm } from "./setup/npm.mjs";
import { systemPackages } from "./setup/packages.mjs";
import { pebblePart } from "./setup/pebble.mjs";
import { plugins } from "./setup/plugins.mjs";
import { pulumi } from "./setup/pulumi.mjs";
import { installAll, lookAll } from "./setup/schedule.mjs";

/** In the order of the printed table; what needs no other part is installed at the same time. */
const PARTS = [npm, systemPackages, pebblePart(), pulumi, moto, image, ...plugins];

/** What only tests need comes last. */
function wantedParts() {
  return process.argv.includes("--tests") ? [...PARTS, browserPart()] : PARTS;
}

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** @returns {import("./setup/part.mjs").Context} */
function makeContext() {
  const cache = cacheRoot();
  return {
    root: path.dirname(path.dirname(fs.realpathSync(process.argv[1] ?? ""))),
    cache,
    env: process.env,
    log: (part) => path.join(cache, "logs", `${part}.log`),
  };
}

async function main() {
  if (process.platform !== "linux") {
    throw new SetupError({
      wrong: "the rehearsal needs Linux",
      received: process.platform,
      allowed: "Linux, or WSL2 on Windows; `pulumi up` on AWS needs only Node and Pulumi",
      mend: "run it on Linux",
    });
  }
  const context = makeContext();
  fs.mkdirSync(context.cache, { recursive: true });
  if (process.argv.includes("--list")) {
    await lookAll(wantedParts(), context, say);
    return;
  }
  await withLock(path.join(context.cache, "setup.lock"), () => setUp(context), say);
}

/** @param {import("./setup/part.mjs").Context} context */
async function setUp(context) {
  const started = Date.now();
  const looked = await lookAll(wantedParts(), context, say);
  const { values, table } = await installAll(looked, say);
  const file = path.join(context.cache, "toolchain.json");
  // A set-up that is not for tests leaves them their browser.
  const { chromium } = readJson(file) ?? {};
  writeJson(file, { chromium, ...values, took: table });
  say(`Set-up: ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

main().catch((/** @type {unknown} */ error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : String(error)}\n`);
  if (!(error instanceof SetupError) && error instanceof Error) console.error(error.stack);
  process.exitCode = 1;
});
