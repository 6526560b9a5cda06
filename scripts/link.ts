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
import { parseContent } from "../components/content";
import { link } from "../components/links";
import { formatProblem, type Problem } from "../components/text";
import { parseLinkArguments, stackOf } from "./linkArguments";
import { stackServer } from "./stackServer";

/** A key of the stack's configuration, of whichever project; empty: not set. */
function configured(stack: string): (key: string) => string {
  const text = execFileSync("pulumi", ["config", "--json", "--stack", stack], {
    cwd: path.join(__dirname, ".."),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const all = Object.entries(JSON.parse(text) as Record<string, { value?: string }>);
  return (key) => all.find(([full]) => full.endsWith(`:${key}`))?.[1].value ?? "";
}

function unreadable(received: string): Problem {
  return {
    wrong: "The stack cannot be read",
    received: received.split("\n")[0] ?? "",
    allowed: "a stack of this project, with its passphrase at hand",
    mend: "pulumi stack ls, then: npm run -s link -- --stack NAME …",
  };
}

try {
  const args = process.argv.slice(2);
  const { stack, outputs } = stackServer(stackOf(args));
  const key = configured(stack);
  const gitHost = key("gitHost") || "github.com";
  const { content } = parseContent(key("content"), gitHost);
  console.log(link(outputs.url, parseLinkArguments(args, gitHost, content)));
} catch (error) {
  // Pulumi has said in its own words what it did not find.
  const isPulumi = error instanceof Error && "status" in error;
  const text = error instanceof Error ? error.message : String(error);
  console.error(isPulumi ? formatProblem(unreadable(text)) : text);
  process.exitCode = 1;
}
