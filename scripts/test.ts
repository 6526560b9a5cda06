/**
 * Runs the tests, and ends in one plain line: `N passed, N failed`.
 *
 *   tsx scripts/test.ts           checks, unit tests, engine tests (needs `npm run setup`)
 *   tsx scripts/test.ts unit      unit tests
 *   tsx scripts/test.ts engine    engine tests
 *
 * Further arguments are mocha's, such as `--grep`. Exit status 0 only if every check and every test
 * passed and each suite ran at least one.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { forEach } from "./atOnce";
import { runLinters } from "./linters/runLinters";
import { addUp, Counts, judge, summaryLine } from "./testSummary";

interface Suite {
  name: string;
  /** Of its test files. */
  pattern: string;
  /** That a single test may take unless it says otherwise. */
  limitSeconds: number;
}

const UNIT: Suite = { name: "unit", pattern: "test/unit/**/*.test.ts", limitSeconds: 60 };

function engineSuite(name: string, pattern: string): Suite {
  return { name, pattern, limitSeconds: 300 };
}

/** With the real `pulumi`, the longest first. */
const ENGINE: readonly Suite[] = [
  // Names and certificates on a machine of its own.
  engineSuite("secure", "test/engine/secure/*.test.ts"),
  // Private course material on a machine of its own.
  engineSuite("course", "test/engine/course/*.test.ts"),
  // One machine's whole life.
  engineSuite("workshop", "test/engine/workshop/*.test.ts"),
  // Packages, checks, copies and the days around a workshop, on a machine of its own.
  engineSuite("ready", "test/engine/ready/*.test.ts"),
  engineSuite("parts", "test/engine/*.test.ts"),
];

/** Suites at once: one alone leaves most of two processors idle. */
const LANES = Math.max(2, os.availableParallelism() + 1);

const ALLOWED = ["unit", "engine"];

/** Prints a suite's lines with its name before each. */
function show(stream: Readable, { name }: Suite): void {
  createInterface(stream).on("line", (line) => console.log(`${name.padEnd(8)} ${line}`.trimEnd()));
}

async function runSuite(suite: Suite, more: readonly string[]): Promise<Counts> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tljh-workshop-test-"));
  const file = path.join(folder, "counts.json");
  const mocha = spawn(
    process.execPath,
    [
      require.resolve("mocha/bin/mocha.js"),
      suite.pattern,
      "--reporter=test/reporter.ts",
      `--timeout=${suite.limitSeconds * 1000}`,
      ...more,
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        TEST_COUNTS: file,
        // Node 20 is what this project supports until it moves on with Pulumi.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      },
    },
  );
  show(mocha.stdout, suite);
  show(mocha.stderr, suite);
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    mocha.on("error", reject);
    mocha.on("close", (...ended) => resolve(ended));
  });
  const report = fs.existsSync(file)
    ? (JSON.parse(fs.readFileSync(file, "utf8")) as Counts)
    : undefined;
  fs.rmSync(folder, { recursive: true });
  const counts = judge(report, status);
  if (counts.failed > (report?.failed ?? 0)) {
    const ran = report ? report.passed + report.failed : 0;
    console.log(`Suite ${suite.name} ran ${ran} tests (${signal ?? `exit status ${status}`}).`);
  }
  return counts;
}

async function main(): Promise<void> {
  const [first, ...more] = process.argv.slice(2);
  if (first !== undefined && !ALLOWED.includes(first)) {
    throw new Error(
      [
        "Tests: no such suite",
        `  received: ${first}`,
        `  allowed:  ${ALLOWED.join(", ")}`,
        "  to mend:  npm test",
      ].join("\n"),
    );
  }
  const checked = first === undefined ? await runLinters() : true;
  const waiting = [...(first === "engine" ? [] : [UNIT]), ...(first === "unit" ? [] : ENGINE)];
  const counts = await forEach(waiting, LANES, (suite) => runSuite(suite, more));
  if (!checked) console.log("The checks failed: npm run lint");
  const total = addUp(counts);
  console.log(summaryLine(total));
  process.exitCode = checked && total.failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
