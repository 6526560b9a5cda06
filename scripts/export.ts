/**
 * Participants' files on this computer: an archive for each person, complete or an error.
 *
 *   npm run export                      of everybody who has files
 *   npm run export -- aigul bo          of some
 *
 * With `--to FOLDER` (default: exports/STACK), `--json` for scripts, and `--stack NAME`. Nobody on the
 * server notices. What is in the folder already, whole and unchanged since, is not fetched again: after
 * a break, the same command goes on. A complete export of everybody is noted on the server.
 *
 * Costs: AWS charges what leaves it, by the GiB. Exit status 1: not all of it is here.
 */
import path from "node:path";
import { accountsOf } from "../components/accountList";
import { formatProblem, nearest } from "../components/text";
import { archiveName, fetchArchive, readBack, sumOf } from "./exportArchive";
import { parseExportArguments } from "./exportArguments";
import { keptOf, readIndex, withArchive, writeIndex, type Kept } from "./exportIndex";
import { lookAtHomes, type Home } from "./exportServer";
import { outcomesText, progressText, type Outcome } from "./exportText";
import { asCalled, ownFolder } from "./ownFiles";
import { readPeople } from "./stackPeople";
import { selectedStack, stackServer, type StackServer } from "./stackServer";

/** Those that are named; those of them who have an account but no files are only told of. */
function chosen(
  names: readonly string[],
  homes: readonly Home[],
  accounts: readonly string[],
): Home[] {
  if (names.length === 0) return [...homes];
  return names.flatMap((wanted) => {
    const found = homes.filter(({ name }) => name === wanted);
    if (found.length > 0) return found;
    if (accounts.includes(wanted)) {
      console.error(`${wanted} has no files yet`);
      return [];
    }
    const all = homes.map(({ name }) => name);
    throw new Error(
      formatProblem({
        wrong: "There is nobody of that name",
        received: wanted,
        allowed: all.join(", ") || "nobody has files yet",
        mend: `npm run export${all.length > 0 ? ` -- ${nearest(wanted, all) ?? all[0]}` : ""}`,
      }),
    );
  });
}

/** Whether the archive that is there still is what was brought here, and nothing has changed since. */
async function isWhole(kept: Kept | undefined, home: Home, folder: string): Promise<boolean> {
  if (kept?.state !== home.state) return false;
  const file = path.join(folder, kept.file);
  if ((await sumOf(file)) !== kept.sha256) return false;
  return readBack(file, kept.name).then(
    ({ files }) => files === kept.files,
    () => false,
  );
}

/** Shows how far an archive is, on a terminal. */
function showProgress(home: Home): { show: (bytes: number) => void; end: () => void } {
  const isTerminal = process.stderr.isTTY;
  const write = (text: string) => isTerminal && process.stderr.write(`\r\x1b[K${text}`);
  return { show: (bytes) => write(progressText(home, bytes)), end: () => write("") };
}

interface Export {
  server: StackServer;
  folder: string;
  /** When it began, by the server's clock. */
  begun: string;
}

async function one({ server, folder, begun }: Export, home: Home): Promise<Outcome> {
  const { name, files, bytes, left } = home;
  const file = archiveName(name);
  const index = readIndex(folder, server.stack);
  const outcome = { name, files, bytes, left, file: path.join(folder, file) };
  const kept = index.archives.find((it) => it.name === name);
  if (await isWhole(kept, home, folder)) return { ...outcome, result: "kept" };
  const progress = showProgress(home);
  try {
    const packed = await fetchArchive(server, home, folder, progress.show, (reason) => {
      progress.end();
      console.error(`${name}: once more: ${reason}`);
    });
    writeIndex(folder, withArchive(index, keptOf(home, packed, file, begun)));
    progress.end();
    console.error(`${name}: ${packed.files} files`);
    return { ...outcome, files: packed.files, bytes: packed.bytes, result: "saved" };
  } catch (error) {
    progress.end();
    // The others' files come all the same.
    console.error((error as Error).message);
    return { ...outcome, result: "failed" };
  }
}

async function main(): Promise<void> {
  const request = parseExportArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  const server = stackServer(stack);
  const folder = asCalled(request.to ?? path.join("exports", stack));
  ownFolder(folder, "--to", "export");
  const accounts = accountsOf(readPeople(stack)).accounts.map(({ name }) => name);
  console.error("Looking who has files on the server");
  const { begun, homes } = await lookAtHomes(server, accounts);
  const wanted = chosen(request.names, homes, accounts);
  const outcomes: Outcome[] = [];
  for (const home of wanted) outcomes.push(await one({ server, folder, begun }, home));

  const failed = outcomes.filter(({ result }) => result === "failed").map(({ name }) => name);
  const complete = request.names.length === 0 && failed.length === 0;
  if (complete) await server.run("saved", { KIND: "export", AT: begun });
  if (request.json) console.log(JSON.stringify({ folder, begun, complete, archives: outcomes }));
  else {
    if (outcomes.length > 0) console.log(outcomesText(outcomes));
    console.log(`${folder}  ${outcomes.length - failed.length} archives that only you can read`);
    if (complete) console.log(`All files of ${stack} as of ${begun} are on this computer`);
  }
  if (failed.length === 0) return;
  console.error(`Not complete: ${failed.join(", ")}. The same command once more keeps the others`);
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
