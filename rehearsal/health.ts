/** What a daemon says of itself at /rehearsal/health. */

import path from "node:path";
import { contentHash, fileHash, folderHash } from "./setup/cache.mjs";

export interface Health {
  name: string;
  /** Hash of the code that it runs. */
  code: string;
  /** Machines have been brought in line since it started. */
  ready: boolean;
  /** Of moto's memory. Another one means that everything was forgotten. */
  birth: string;
  /** Why the last attempt to bring machines in line at a start failed. */
  trouble?: string;
}

/** Hash of all code that a daemon runs, to notice one of an older clone. */
export function codeHash(): string {
  const folders = ["acme", "cloud", "dns", "github", "machines", "moto", "tls"].map((name) =>
    path.join(__dirname, name),
  );
  const files = ["daemon.ts", "health.ts", "folder.ts"].map((name) => path.join(__dirname, name));
  return contentHash([...folders.map(folderHash), ...files.map(fileHash)]);
}

/** Asks whoever listens on a port of 127.0.0.1; undefined when it isn't a rehearsal. */
export async function askHealth(port: number): Promise<Health | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/rehearsal/health`, {
      signal: AbortSignal.timeout(2_000),
    });
    const health = (await answer.json()) as Partial<Health>;
    return typeof health.birth === "string" ? (health as Health) : undefined;
  } catch {
    return undefined;
  }
}
