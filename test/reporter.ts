/** Mocha's `spec` reporter, which also writes its counts to the file that TEST_COUNTS names. */
import fs from "node:fs";
import Mocha from "mocha";

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      const file = process.env.TEST_COUNTS;
      if (file) fs.writeFileSync(file, JSON.stringify({ passed: passes, failed: failures }));
    });
  }
}

// Mocha takes a reporter from `module.exports`.
export = CountingReporter;
