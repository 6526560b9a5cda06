/**
 * One more link for participants, without a `pulumi up`:
 *
 *   npm run -s link -- --repo org/repo --open notebooks/2_wells.ipynb
 *
 * With `--branch`, `--app` and `--name` as in the key `content`, and `--stack NAME`. It changes
 * nothing: a repository that only the token can read must also stand in `content`.
 */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { link } from "../components/links";
import { parseLinkArguments, stackOf, type Listed } from "./linkArguments";
import { stackServer } from "./stackServer";

/** Of repositories that are given as org/repo. */
function gitHostOf(stack: string): string {
  const text = execFileSync("pulumi", ["config", "--json", "--stack", stack], {
    cwd: path.join(__dirname, ".."),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const config = JSON.parse(text) as Record<string, { value?: string }>;
  const [, found] = Object.entries(config).find(([key]) => key.endsWith(":gitHost")) ?? [];
  return found?.value ?? "github.com";
}

try {
  const args = process.argv.slice(2);
  const { stack, outputs } = stackServer(stackOf(args));
  const listed = (outputs["content"] ?? []) as Listed[];
  console.log(link(outputs.url, parseLinkArguments(args, gitHostOf(stack), listed)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
