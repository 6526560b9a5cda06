/**
 * One more link for participants, without a `pulumi up`:
 *
 *   npm run -s link -- --repo org/repo --open notebooks/2_wells.ipynb
 *
 * With `--branch`, `--app` and `--name` as in the key `content`, and `--stack NAME`. It changes
 * nothing: a repository that only the token can read must also stand in `content`.
 */
import { parseContent } from "../components/content";
import { link } from "../components/links";
import { parseLinkArguments, stackOf } from "./linkArguments";
import { openConfig } from "./askPulumi";
import { stackServer } from "./stackServer";

/** A key of the stack's configuration, of whichever project; empty: not set. */
function configured(stack: string): (key: string) => string {
  const all = Object.entries(openConfig(stack));
  return (key) => all.find(([full]) => full.endsWith(`:${key}`))?.[1]?.value ?? "";
}

try {
  const args = process.argv.slice(2);
  const { stack, outputs } = stackServer(stackOf(args));
  const key = configured(stack);
  const gitHost = key("gitHost") || "github.com";
  const { content } = parseContent(key("content"), gitHost);
  console.log(link(outputs.url, parseLinkArguments(args, gitHost, content)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
