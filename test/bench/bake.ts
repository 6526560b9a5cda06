/**
 * From nothing to a hub that answers, and to the end of `up`: from Canonical's image, and from one of
 * `npm run bake`, with the same packages. Prints seconds and their ratio; no test depends on them.
 *
 *   npx tsx test/bench/bake.ts [PACKAGE…]     default: the guide's packages; needs `npm run setup`
 *
 * On a rehearsal of its own, which it removes. Takes some minutes. Real machines take longer for what
 * comes over the network, which an image spares: the rehearsal's installer has its downloads at hand.
 */
import { performance } from "node:perf_hooks";
import fs from "node:fs";
import path from "node:path";
import { Lab, succeeded } from "../engine/workshop/lab";

const GUIDE = "pandas numpy matplotlib scipy flopy geopandas rasterio jupyter ipywidgets".split(
  " ",
);
const [...asked] = process.argv.slice(2);
const PACKAGES = asked.length > 0 ? asked : GUIDE;

interface Times {
  /** Seconds until the hub answers over the proxy. */
  hub: number;
  /** Until `up` has ended. */
  all: number;
}

/** Brings a stack up, and listens to the engine for the step after which the hub answers. */
async function timed(lab: Lab, stack: string): Promise<Times> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const running = lab.start("up", "--yes", "--skip-preview", "-s", stack);
  let hub = NaN;
  const watch = setInterval(() => {
    if (Number.isNaN(hub) && running.text.includes(`${stack}-install created`)) hub = seconds();
  }, 100);
  const exitCode = await running.ended;
  clearInterval(watch);
  succeeded({ exitCode, text: running.text });
  return { hub, all: seconds() };
}

async function main(): Promise<void> {
  const packages = { pip: PACKAGES, conda: [], apt: [] };
  const lab = await Lab.open({ participants: 2, participantNames: ["maria", "sofia"], packages });
  try {
    const cold = await timed(lab, "test");
    const start = performance.now();
    const ran = await lab.command("bake");
    succeeded(ran);
    const making = (performance.now() - start) / 1000;
    const id = /ami-\w+/.exec(ran.text)?.[0] ?? "";
    // Only one machine computes at a time.
    succeeded(await lab.command("power", "stop", "--yes"));
    const config = (stack: string) => path.join(lab.project, `Pulumi.${stack}.yaml`);
    succeeded(await lab.pulumi("stack", "init", "baked", "--no-select"));
    fs.copyFileSync(config("test"), config("baked"));
    succeeded(await lab.pulumi("config", "set", "amiId", id, "-s", "baked"));
    const baked = await timed(lab, "baked");
    const line = (name: string, { hub, all }: Times) =>
      `${name}: hub after ${hub.toFixed(1)} s, all after ${all.toFixed(1)} s`;
    console.log(line("cold", cold));
    console.log(line("baked", baked));
    console.log(
      `ratio: hub ${(baked.hub / cold.hub).toFixed(2)}, all ${(baked.all / cold.all).toFixed(2)}`,
    );
    console.log(`making the image: ${making.toFixed(1)} s`);
  } finally {
    await lab.close();
  }
}

void main();
