/** What `npm run export` asks the server for, and what it tells. */
import type { Writable } from "node:stream";
import { serverPrograms } from "../components/server";
import type { Ran } from "../providers/ssh";
import { streamFromServer } from "./serverStream";
import { scriptText, type StackServer } from "./stackServer";

/** A line of scripts/server/export/export.py. */
export type ExportFact =
  { kind: "begun"; at: string } | Home | { kind: "progress"; bytes: number } | Packed;

/** Somebody's files on the server. */
export interface Home {
  kind: "home";
  /** Of the account; of one that is gone, what its folder is called. */
  name: string;
  folder: string;
  files: number;
  bytes: number;
  /** Another one when any file has changed. */
  state: string;
  /** What an archive leaves out, and how many of it. */
  left: Record<string, number>;
}

/** What has gone into an archive. */
export interface Packed {
  kind: "end";
  files: number;
  /** Folders and links. */
  others: number;
  /** Of all files. */
  bytes: number;
  /** Of the archive. */
  packed: number;
  sha256: string;
  /** Files that changed each time they were read. */
  changed: string[];
  /** What was left out. */
  left: string[];
}

/** Many small files on a slow disk. */
const LOOK_SECONDS = 900;
/** 100 GiB at 5 MiB a second. */
const ARCHIVE_SECONDS = 6 * 3600;

function factsOf(text: string): ExportFact[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as ExportFact);
}

function values(request: object) {
  const { "homes.py": homes = "" } = serverPrograms("accounts");
  const PROGRAMS = { ...serverPrograms("export"), "homes.py": homes };
  return { REQUEST: JSON.stringify(request), PROGRAMS };
}

/**
 * Everybody who has files, and the server's time.
 *
 * @param accounts names, to tell whose folders are whose
 * @throws Error with the server's own error text
 */
export async function lookAtHomes(
  server: StackServer,
  accounts: readonly string[],
): Promise<{ begun: string; homes: Home[] }> {
  const request = values({ do: "look", accounts });
  const ran = await server.run("export", request, { limitSeconds: LOOK_SECONDS });
  const facts = factsOf(ran.stdout);
  const begun = facts.find((fact) => fact.kind === "begun");
  return {
    begun: begun?.kind === "begun" ? begun.at : "",
    homes: facts.filter((fact): fact is Home => fact.kind === "home"),
  };
}

/**
 * One archive, as it comes.
 *
 * @param onBytes is called with how much of the files has gone in
 * @returns what has gone in; undefined where it did not come to its end, and then what was said
 */
export async function packHome(
  { stack, machine }: StackServer,
  { name, folder }: Home,
  sink: Writable,
  onBytes: (bytes: number) => void,
): Promise<{ packed: Packed | undefined; ran: Ran }> {
  const request = { STACK: stack, ...values({ do: "archive", name, folder }) };
  const ran = await streamFromServer(machine, scriptText("export", request), sink, {
    limitSeconds: ARCHIVE_SECONDS,
    onLine: (line) => {
      const [fact] = factsOf(line);
      if (fact?.kind === "progress") onBytes(fact.bytes);
    },
  });
  const packed = factsOf(ran.stderr).find((fact) => fact.kind === "end");
  return { packed: ran.status === 0 && packed?.kind === "end" ? packed : undefined, ran };
}
