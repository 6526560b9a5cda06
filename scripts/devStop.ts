/** `npm run dev:stop`: removes the workshop of this computer, machines and Pulumi's state too. */
import { stopRehearsal } from "../rehearsal/rehearsal";
import { DEV } from "./devStack";

let removed = 0;
stopRehearsal(DEV.name, (line) => {
  removed += 1;
  console.log(line);
}).then(
  () => {
    if (removed === 0) console.log(`${DEV.name}: nothing was there`);
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
