/** `npm run dev`: a whole workshop on this computer, left running. */
import path from "node:path";
import { DEV } from "./devStack";
import { bringUp } from "./devUp";

bringUp({
  ...DEV,
  stack: DEV.name,
  project: path.join(__dirname, ".."),
  say: (line) => console.log(line),
}).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
