/**
 * How fast private course material is, and what a rotation disturbs. Prints figures and ratios; no
 * test depends on them.
 *
 *   npx tsx test/bench/git.ts [PEOPLE] [ROTATIONS]     default 20 and 50; needs `npm run setup`
 *
 * On a rehearsal of its own, which it removes. Takes some minutes.
 */
import { performance } from "node:perf_hooks";
import { provider } from "../../providers/gitCredentials";
import { addUnixUsers, asParticipant, COURSE, credentialsOf, DATA } from "../engine/course/server";
import { Lab, succeeded } from "../engine/workshop/lab";

const [people = 20, rotations = 50] = process.argv.slice(2).map(Number);
const NAMES = Array.from({ length: people }, (_, n) => `person${n + 1}`);
const PULLS = 5;

/** Seconds that some work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function forAll(lab: Lab, lines: string) {
  return Promise.all(NAMES.map((name) => asParticipant(lab, name, lines)));
}

/** All at once: a clone of both repositories, then pulls. Medians in seconds. */
async function pullTogether(lab: Lab): Promise<{ clone: number; pull: number; fetches: number }> {
  await forAll(lab, "rm -rf course data");
  await lab.github.clearLog();
  const clone = await timed(() =>
    forAll(
      lab,
      `git clone -q --depth 1 https://github.test/${COURSE} course
       git clone -q --depth 1 https://github.test/${DATA} data`,
    ),
  );
  const pulls: number[] = [];
  for (let round = 0; round < PULLS; round += 1) {
    await lab.github.push(COURSE, "main", { "news.txt": `${Date.now()}\n` }, "News");
    pulls.push(await timed(() => forAll(lab, "git -C course pull -q")));
  }
  const log = await lab.github.log();
  const fetches = log.filter(({ method }) => method === "POST").length;
  return { clone, pull: median(pulls), fetches };
}

/** Pulls all the time while the token is rotated. */
async function rotateUnderLoad(lab: Lab): Promise<void> {
  const { stdout } = await lab.onServer("d=$(mktemp -d -p /dev/shm); chmod 777 $d; echo $d");
  const at = stdout.trim();
  const loops = forAll(
    lab,
    `ok=0; bad=0
     until [ -e ${at}/stop ]; do
       if git -C course pull -q 2>>~/errors; then ok=$((ok+1)); else bad=$((bad+1)); fi
     done; echo "$ok $bad"; cat ~/errors >&2`,
  );
  let { outs } = await provider.create(await credentialsOf(lab));
  const seconds: number[] = [];
  for (let round = 0; round < rotations && outs; round += 1) {
    const { token } = await lab.github.newToken();
    const olds = outs;
    const inputs = await credentialsOf(lab, { token });
    seconds.push(
      await timed(async () => {
        ({ outs } = (await provider.update?.("", olds, inputs)) ?? {});
      }),
    );
  }
  await lab.onServer(`touch ${at}/stop`);
  const counts = (await loops).map((one) => one.stdout.trim().split(" ").map(Number));
  const sum = (index: number) => counts.reduce((total, one) => total + (one[index] ?? 0), 0);
  console.log(
    `${seconds.length} rotations under ${people} people who pull all the time: ` +
      `${sum(1)} of ${sum(0) + sum(1)} pulls failed; a rotation took ${median(seconds).toFixed(1)} s (median)`,
  );
  const errors = (await loops).map((one) => one.stderr).join("");
  if (errors !== "") console.log(errors.slice(0, 2000));
}

async function main(): Promise<void> {
  const lab = await Lab.open();
  try {
    succeeded(await lab.change("up"));
    await addUnixUsers(lab, NAMES);

    const ups: number[] = [];
    let changed = 0;
    for (let round = 0; round < 3; round += 1) {
      await lab.configureSecret("gitToken", (await lab.github.newToken()).token);
      ups.push(
        await timed(async () => {
          const up = await lab.change("up");
          succeeded(up);
          changed = up.steps.length;
        }),
      );
    }
    console.log(
      `pulumi up to the new token in force: ${median(ups).toFixed(1)} s (median of ${ups.length}), ${changed} resource changed`,
    );
    const idle = await timed(() => lab.change("up"));
    console.log(`  an up without a change: ${idle.toFixed(1)} s`);

    const sealed = await pullTogether(lab);
    lab.configure({ gitAccess: "shared" });
    succeeded(await lab.change("up"));
    const shared = await pullTogether(lab);
    lab.configure({ gitAccess: "sealed" });
    succeeded(await lab.change("up"));
    for (const key of ["clone", "pull"] as const) {
      console.log(
        `${people} people ${key} at once: sealed ${sealed[key].toFixed(1)} s, shared ${shared[key].toFixed(1)} s, ratio ${(sealed[key] / shared[key]).toFixed(2)}`,
      );
    }
    console.log(
      `fetches that reached the git server: sealed ${sealed.fetches}, shared ${shared.fetches}`,
    );

    await rotateUnderLoad(lab);
  } finally {
    await lab.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
