/** What a suite of tests came to, and the one line that `npm test` ends with. */

/** Tests of one suite that passed and failed. A failing hook counts as a failed test. */
export interface Counts {
  passed: number;
  failed: number;
}

/**
 * What a suite came to, judged by its report and its process.
 *
 * A suite without a report has crashed, and one that ran no test proves nothing: both count as one
 * failure. So does a process that fails although its report is clean.
 *
 * @param report what mocha's reporter wrote; undefined if it did not come that far
 * @param exitCode of mocha's process; null if it was killed
 */
export function judge(report: Counts | undefined, exitCode: number | null): Counts {
  if (!report) return { passed: 0, failed: 1 };
  const ranNothing = report.passed + report.failed === 0;
  const failedSilently = exitCode !== 0 && report.failed === 0;
  return ranNothing || failedSilently ? { ...report, failed: report.failed + 1 } : report;
}

/** The sum of all suites. */
export function addUp(suites: readonly Counts[]): Counts {
  return {
    passed: suites.reduce((sum, { passed }) => sum + passed, 0),
    failed: suites.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** The last line: `N passed, N failed`. */
export function summaryLine({ passed, failed }: Counts): string {
  return `${passed} passed, ${failed} failed`;
}
