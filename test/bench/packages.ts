/**
 * How long the guide's packages take by the step, against plain `pip install` of the same: without
 * a cache each, in turn. Prints seconds and their ratio; no test depends on them.
 *
 *   npx tsx test/bench/packages.ts [ROUNDS]     default 2; needs `npm run setup`
 *
 * The step works out, downloads, puts in, compiles and proves; pip does all but the last. On a
 * rehearsal of its own, which it removes. Takes some minutes.
 */
import { performance } from "node:perf_hooks";
import { packagesValues } from "../../components/packages";
import { scriptText } from "../../scripts/stackServer";
import { Lab, succeeded } from "../engine/workshop/lab";

const [rounds = 2] = process.argv.slice(2).map(Number);
const GUIDE = "pandas numpy matplotlib scipy flopy geopandas rasterio jupyter ipywidgets".split(
  " ",
);
const CLEAN = "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root";

async function timed(lab: Lab, lines: string, input?: string): Promise<number> {
  const start = performance.now();
  const { exitCode, stdout, stderr } = await lab.onServer(lines, input);
  if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
  return (performance.now() - start) / 1000;
}

/** By the step's own script, as `npm run package` sends it. */
function byStep(lab: Lab, pip: string[]): Promise<number> {
  const values = packagesValues({
    packages: { conda: [], pip, apt: [] },
    requirements: "",
    requirementsUrl: "",
    packagesLock: "",
    packagesScript: "",
    aptWaitMinutes: 15,
  });
  const text = scriptText("packages", { STACK: "test", ...values });
  return timed(lab, `cat >/run/bench.sh; ${CLEAN} bash /run/bench.sh`, text);
}

async function byPip(lab: Lab): Promise<number> {
  const copy = "/opt/tljh/bench";
  await lab.onServer(`rm -rf ${copy}; cp -a /opt/tljh/user ${copy}`);
  const install = "-m pip install --quiet --no-cache-dir";
  const seconds = await timed(lab, `${CLEAN} ${copy}/bin/python3 ${install} ${GUIDE.join(" ")}`);
  await lab.onServer(`rm -rf ${copy}`);
  return seconds;
}

async function main(): Promise<void> {
  const lab = await Lab.open({ participants: 1 });
  try {
    succeeded(await lab.change("up"));
    for (let round = 1; round <= rounds; round += 1) {
      const pip = await byPip(lab);
      const step = await byStep(lab, GUIDE);
      await byStep(lab, []);
      console.log(
        `round ${round}: pip ${pip.toFixed(1)} s, the step ${step.toFixed(1)} s, ratio ${(step / pip).toFixed(2)}`,
      );
    }
  } finally {
    await lab.close();
  }
}

void main();
