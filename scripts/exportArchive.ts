/** An archive on this computer: written to another name, read back, and only then called by its own. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { formatProblem } from "../components/text";
import { packHome, type Home, type Packed } from "./exportServer";
import type { StackServer } from "./stackServer";

/** A connection may break, and a file change while it is read. */
const TRIES = 3;

/** The name of somebody's archive: names on the server may have anything in them. */
export function archiveName(name: string): string {
  return `${name.replace(/[^\w.-]/g, "_")}.tar.gz`;
}

/** SHA-256 of a file, in hexadecimal digits; empty where there is none. */
export async function sumOf(file: string): Promise<string> {
  if (!fs.existsSync(file)) return "";
  const sum = createHash("sha256");
  for await (const part of fs.createReadStream(file)) sum.update(part as Buffer);
  return sum.digest("hex");
}

/**
 * The sums of a `NAME.sha256`, in the order of the archive.
 *
 * @throws Error when a line is none of that format
 */
export function sumsOf(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    const sum = /^\\?([0-9a-f]{64}) {2}./.exec(line)?.[1];
    if (sum === undefined) throw new Error("its list of sums is damaged");
    return sum;
  });
}

/**
 * Reads an archive from the disk to its end, and compares every file with the archive's own list.
 *
 * @returns how many files are in it, and their bytes
 * @throws Error when it is not whole
 */
export async function readBack(
  file: string,
  name: string,
): Promise<{ files: number; bytes: number }> {
  const sums: string[] = [];
  let list: string | undefined;
  let bytes = 0;
  const parser = new Parser({
    strict: true,
    onReadEntry(entry: ReadEntry) {
      const sum = createHash("sha256");
      const isList = entry.path === `${name}.sha256`;
      const text: Buffer[] = [];
      entry.on("data", (part: Buffer) => (isList ? text.push(part) : sum.update(part)));
      entry.on("end", () => {
        if (isList) list = Buffer.concat(text).toString("utf8");
        else if (entry.type === "File") {
          sums.push(sum.digest("hex"));
          bytes += entry.size;
        }
      });
    },
  });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on("end", resolve);
    parser.on("error", reject);
  });
  const unpacked = new Transform({
    transform(part: Buffer, _, done) {
      if (parser.write(part)) done();
      else parser.once("drain", done);
    },
    flush(done) {
      parser.end();
      done();
    },
  });
  await Promise.all([
    ended,
    pipeline(fs.createReadStream(file), createGunzip(), unpacked.resume()),
  ]);
  if (list === undefined) throw new Error("it has no list of sums: its end is missing");
  const wanted = sumsOf(list);
  const wrong = wanted.findIndex((sum, index) => sum !== sums[index]);
  if (wrong >= 0 || wanted.length !== sums.length) {
    throw new Error(
      `${sums.length} files, ${wanted.length} in its list; the first that differs is number ${wrong + 1}`,
    );
  }
  return { files: sums.length, bytes };
}

function failure(home: Home, received: string, allowed: string, mend: string): Error {
  const wrong = `There is no complete archive of ${home.name}'s files`;
  return new Error(formatProblem({ wrong, received, allowed, mend }));
}

/** Why another try may do better; an Error where none would. */
class TryAgain extends Error {}

async function once(
  server: StackServer,
  home: Home,
  part: string,
  onBytes: (bytes: number) => void,
): Promise<Packed> {
  const sum = createHash("sha256");
  const watched = new Transform({
    transform(data: Buffer, _, done) {
      sum.update(data);
      done(undefined, data);
    },
  });
  const written = pipeline(watched, fs.createWriteStream(part, { mode: 0o600, flush: true }));
  // It is awaited below, when the connection has ended.
  written.catch((error: Error) => watched.destroy(error));
  const { packed, ran } = await packHome(server, home, watched, onBytes);
  if (packed === undefined) {
    await written.catch(() => undefined);
    const said = ran.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
    throw new TryAgain(
      ran.status === -1
        ? "the connection broke"
        : `status ${ran.status}: ${said.slice(-3).join(" ")}`,
    );
  }
  await written;
  if (sum.digest("hex") !== packed.sha256) throw new TryAgain("other bytes came than were sent");
  if (packed.changed.length > 0) {
    const more = packed.changed.length - 1;
    throw new TryAgain(
      `${JSON.stringify(packed.changed[0])}${more > 0 ? ` and ${more} more` : ""} changed each time it was read`,
    );
  }
  const found = await readBack(part, home.name);
  if (found.files !== packed.files || found.bytes !== packed.bytes) {
    throw new TryAgain(`${found.files} of ${packed.files} files could be read back`);
  }
  if ((await sumOf(part)) !== packed.sha256) throw new TryAgain("the disk gives other bytes back");
  return packed;
}

/**
 * Brings somebody's files here. What is there already under that name stays until the new archive is
 * whole.
 *
 * @param onTry is called with the reason before another try
 * @throws Error when it cannot be had whole
 */
export async function fetchArchive(
  server: StackServer,
  home: Home,
  folder: string,
  onBytes: (bytes: number) => void,
  onTry: (reason: string) => void,
): Promise<Packed> {
  const file = path.join(folder, archiveName(home.name));
  const part = `${file}.part`;
  const again = `npm run export -- ${home.name} --stack ${server.stack}`;
  for (let left = TRIES; ; left -= 1) {
    try {
      const packed = await once(server, home, part, onBytes);
      fs.renameSync(part, file);
      return packed;
    } catch (error) {
      fs.rmSync(part, { force: true });
      const { message } = error as Error;
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
        const room = `room for ${Math.ceil(home.bytes / 2 ** 20)} MiB`;
        throw failure(home, `${folder}: the disk is full`, room, `${again} --to FOLDER`);
      }
      if (!(error instanceof TryAgain)) throw error;
      if (left > 1) {
        onTry(message);
        continue;
      }
      const isBusy = message.includes("changed each time");
      throw failure(
        home,
        message,
        "files that stay as they are while they are read, and a connection that holds",
        isBusy ? `stop this person's server in the hub's admin page, then: ${again}` : again,
      );
    }
  }
}
