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
const PARTS: Suite = { name: "engine", pattern: "test/engine/*.test.ts", limitSeconds: 300 };
/** One machine's whole life. */
const WORKSHOP: Suite = {
  name: "engine, a workshop",
  pattern: "test/engine/workshop/*.test.ts",
  limitSeconds: 300,
};

/** Private course material on a machine of its own. */
const COURSE: Suite = {
  name: "engine, a course",
  pattern: "test/engine/course/*.test.ts",
  limitSeconds: 300,
};

/** Names and certificates on a machine of its own. */
const SECURE: Suite = {
  name: "engine, a name",
  pattern: "test/engine/secure/*.test.ts",
  limitSeconds: 300,
};

/** Packages, checks, copies and the days around a workshop, on a machine of its own. */
const READY: Suite = {
  name: "engine, a workshop that is ready",
  pattern: "test/engine/ready/*.test.ts",
  limitSeconds: 300,
};

/** Long, and mostly waiting: beside the others. */
const BESIDE = [READY, COURSE, SECURE];

const ALLOWED = ["unit", "engine"];

/** Runs a suite; shows what it prints at once, or all of it at its end. */
async function runSuite(suite: Suite, live: boolean, more: readonly string[]): Promise<Counts> {
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
      stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
      env: {
        ...process.env,
        TEST_COUNTS: file,
        // Node 20 is what this project supports until it moves on with Pulumi.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      },
    },
  );
  const printed: Buffer[] = [];
  mocha.stdout?.on("data", (data: Buffer) => printed.push(data));
  mocha.stderr?.on("data", (data: Buffer) => printed.push(data));
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    mocha.on("error", reject);
    mocha.on("close", (...ended) => resolve(ended));
  });
  process.stdout.write(Buffer.concat(printed));
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

/** One after the other. */
async function runInOrder(
  suites: readonly Suite[],
  live: boolean,
  more: readonly string[],
): Promise<Counts[]> {
  const counts: Counts[] = [];
  for (const suite of suites) counts.push(await runSuite(suite, live, more));
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
  const beside = first === "unit" ? [] : BESIDE;
  const others = runInOrder(beside, false, more);
  for (const { name } of beside) {
    console.log(`Suite ${name} runs beside the others; its report comes when it has ended`);
  }
  const checked = first === undefined ? await runLinters() : true;
  const suites = { unit: [UNIT], engine: [PARTS, WORKSHOP] }[first ?? ""] ?? [
    UNIT,
    PARTS,
    WORKSHOP,
  ];
  const counts = [...(await runInOrder(suites, true, more)), ...(await others)];
  if (!checked) console.log("The checks failed: npm run lint");
  const total = addUp(counts);
  console.log(summaryLine(total));
  process.exitCode = checked && total.failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
