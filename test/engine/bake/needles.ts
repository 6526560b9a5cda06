/** Disks as bytes: which of some texts are on one, in files, names, or blocks that no file has any more. */
import { tryAsRoot } from "../../../rehearsal/machines/command";

/** Reads what a sparse file holds, and no hole. */
const SEARCH = `
import json, os, sys

asked = json.load(sys.stdin)
needles = [one.encode() for one in asked["needles"]]
longest = max(map(len, needles))
found = set()
with open(asked["disk"], "rb", buffering=0) as disk:
    end = disk.seek(0, os.SEEK_END)
    at = 0
    while at < end:
        try:
            at = disk.seek(at, os.SEEK_DATA)
        except OSError:
            break
        hole = disk.seek(at, os.SEEK_HOLE)
        rest = b""
        disk.seek(at)
        while at < hole:
            data = disk.read(min(1 << 24, hole - at))
            at += len(data)
            text = rest + data
            found |= {one for one in needles if one not in found and one in text}
            rest = text[-longest:]
print(json.dumps([one.decode() for one in found]))
`;

/** Those of the texts that are on a disk. */
export async function foundOn(disk: string, needles: readonly string[]): Promise<string[]> {
  const input = JSON.stringify({ disk, needles });
  const { exitCode, stdout, stderr } = await tryAsRoot(["python3", "-c", SEARCH], input);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}
