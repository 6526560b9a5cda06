/**
 * Tokens of the GitHub that belongs to `npm run dev`:
 *
 *   npm run -s dev:token -- new [--days N] [--classic] [--no-access REPO]   prints a new token
 *   npm run -s dev:token -- revoke|expire [-]   all but the newest, or the one on standard input
 *   npm run -s dev:token -- list                all, by fingerprint
 *   npm run -s dev:token -- log                 who read what with which token
 */
import { text } from "node:stream/consumers";
import { formatProblem } from "../components/text";
import { GitHubControl } from "../rehearsal/github/client";
import { askHealth, codeHash } from "../rehearsal/health";
import { DEV } from "./devStack";
import {
  changedText,
  logLines,
  parseTokenOrder,
  tokenLines,
  type TokenOrder,
} from "./devTokenText";

async function openGitHub(): Promise<GitHubControl> {
  const health = await askHealth(DEV.port);
  if (health?.name === DEV.name && health.code !== codeHash()) {
    throw new Error(
      formatProblem({
        wrong: "The workshop of this computer was started by another version of this project",
        received: `a rehearsal ${DEV.name} that runs other code than this folder's`,
        allowed: "one that this version has started",
        mend: "npm run dev (it goes on with all that was there)",
      }),
    );
  }
  if (health?.name !== DEV.name) {
    throw new Error(
      formatProblem({
        wrong: "The workshop of this computer does not run, and so its GitHub does not",
        received: `no answer of the rehearsal ${DEV.name} on port ${DEV.port}`,
        allowed: "a workshop that npm run dev has started",
        mend: "npm run dev",
      }),
    );
  }
  return new GitHubControl(`http://127.0.0.1:${DEV.port}`);
}

async function carryOut(order: TokenOrder): Promise<void> {
  const github = await openGitHub();
  switch (order.action) {
    case "new":
      console.log((await github.newToken(order.wish)).token);
      return;
    case "revoke":
    case "expire": {
      const { action, one } = order;
      const change =
        action === "revoke" ? { revoked: true } : { expires: new Date().toISOString() };
      let count: number;
      if (one) {
        const token = (await text(process.stdin)).trim();
        count = action === "revoke" ? await github.revoke(token) : await github.expire(token);
      } else {
        count = await github.changeAllBut(1, change);
      }
      const said = changedText(action, count, one);
      if (one && count === 0) throw new Error(said);
      console.log(said);
      return;
    }
    case "list":
      for (const line of tokenLines(await github.tokens(), new Date())) console.log(line);
      return;
    case "log":
      for (const line of logLines(await github.log())) console.log(line);
      return;
  }
}

Promise.resolve()
  .then(() => carryOut(parseTokenOrder(process.argv.slice(2))))
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
