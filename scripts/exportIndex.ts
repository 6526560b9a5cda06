/** export.json: what is in a folder of archives, so that what is there already need not come again. */
import fs from "node:fs";
import path from "node:path";
import type { Home, Packed } from "./exportServer";
import { writeOwn } from "./ownFiles";

/** One archive of the folder. */
export interface Kept {
  name: string;
  file: string;
  sha256: string;
  files: number;
  bytes: number;
  /** When it was begun, by the server's clock, in ISO 8601. */
  at: string;
  /** Of the files on the server before they were read. */
  state: string;
  /** What was left out of it. */
  left: string[];
}

export interface ExportIndex {
  stack: string;
  archives: Kept[];
}

const NAME = "export.json";

/** What the folder says of itself; of another stack, or unreadable: nothing. */
export function readIndex(folder: string, stack: string): ExportIndex {
  const none: ExportIndex = { stack, archives: [] };
  try {
    const text = fs.readFileSync(path.join(folder, NAME), "utf8");
    const index = JSON.parse(text) as ExportIndex;
    return index.stack === stack && Array.isArray(index.archives) ? index : none;
  } catch {
    return none;
  }
}

export function writeIndex(folder: string, index: ExportIndex): void {
  writeOwn(path.join(folder, NAME), JSON.stringify(index, undefined, 2));
}

/** The index with one archive more, or anew. */
export function withArchive(index: ExportIndex, kept: Kept): ExportIndex {
  const others = index.archives.filter(({ name }) => name !== kept.name);
  const archives = [...others, kept].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...index, archives };
}

/** An archive for the index. */
export function keptOf(home: Home, packed: Packed, file: string, at: string): Kept {
  const { name, state } = home;
  const { sha256, files, bytes, left } = packed;
  return { name, file, sha256, files, bytes, at, state, left };
}
