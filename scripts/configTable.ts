/**
 * The README's table of configuration, made from Pulumi.yaml.
 *
 *   npx tsx scripts/configTable.ts            writes it
 *   npx tsx scripts/configTable.ts --check    fails if it is not what it should be
 */
import fs from "node:fs";
import path from "node:path";
import { formatProblem } from "../components/text";
import { configTable, withTable } from "./configTableText";

const ROOT = path.join(__dirname, "..");
const README = path.join(ROOT, "README.md");

const table = configTable(fs.readFileSync(path.join(ROOT, "Pulumi.yaml"), "utf8"));
const before = fs.readFileSync(README, "utf8");
const after = withTable(before, table);
if (!process.argv.includes("--check")) {
  fs.writeFileSync(README, after);
} else if (after !== before) {
  console.error(
    formatProblem({
      wrong: "The README's table of configuration is stale",
      received: "another text than Pulumi.yaml gives",
      allowed: "the generated one",
      mend: "npx tsx scripts/configTable.ts",
    }),
  );
  process.exitCode = 1;
}
