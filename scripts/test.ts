/**
 * Runs the tests, and ends in one plain line: `N passed, N failed`.
 *
 *   tsx scripts/test.ts           checks, unit tests, engine tests (needs `npm run setup`)
 *   tsx scripts/test.ts unit      unit tests
 *   tsx scripts/test.ts engine    engine tests
 *
 * Exit status 0 only if every check and every test passed and each suite ran at least one.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { runChecks } from "./checks/runChecks";
import { addUp, Counts, judge, summaryLine } from "./testSummary";

const SUITES = ["unit", "engine"] as const;
type Suite = (typeof SUITES)[number];

/** Milliseconds that a single test may take unless it says otherwise. */
const TIME_LIMITS: Record<Suite, number> = { unit: 10_000, engine: 300_000 };

function runSuite(suite: Suite, mochaArguments: readonly string[]): Counts {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-test-"));
  const file = path.join(folder, "counts.json");
  const mocha = spawnSync(
    process.execPath,
    [
      require.resolve("mocha/bin/mocha.js"),
      `test/${suite}/**/*.test.ts`,
      "--reporter=test/reporter.ts",
      `--timeout=${TIME_LIMITS[suite]}`,
      ...mochaArguments,
    ],
    { stdio: "inherit", env: { ...process.env, TEST_COUNTS: file } },
  );
  const report = fs.existsSync(file)
    ? (JSON.parse(fs.readFileSync(file, "utf8")) as Counts)
    : undefined;
  fs.rmSync(folder, { recursive: true });
  const counts = judge(report, mocha.status);
  if (counts.failed > (report?.failed ?? 0)) {
    const how = mocha.signal ?? `exit status ${mocha.status}`;
    console.log(`Suite ${suite} ran ${report ? report.passed + report.failed : 0} tests (${how}).`);
  }
  return counts;
}

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  const suite = SUITES.find((name) => name === first);
  if (first !== undefined && !suite) {
    throw new Error(
      [
        "Tests: no such suite",
        `  received: ${first}`,
        `  allowed:  ${SUITES.join(", ")}`,
        "  to mend:  npm test",
      ].join("\n"),
    );
  }
  const checked = suite ? true : await runChecks();
  const counts = addUp((suite ? [suite] : SUITES).map((name) => runSuite(name, rest)));
  if (!checked) console.log("The checks failed: npm run check");
  console.log(summaryLine(counts));
  process.exitCode = checked && counts.failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
