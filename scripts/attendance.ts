/**
 * Who was here when, as a table: a row for each person and day.
 *
 *   npm run attendance                       writes exports/STACK/attendance.csv
 *   npm run -s attendance -- --to -          prints it
 *
 * With `--time-zone NAME` (default: the stack's timeZone, else this computer's), and `--stack NAME`.
 * Log-ins are noted as they come, running servers every five minutes; before the first `pulumi up`
 * with this program nothing was.
 */
import path from "node:path";
import { accountsOf } from "../components/accountList";
import { parseAttendanceArguments } from "./attendanceArguments";
import { attendanceRows, attendanceTable, notedOf } from "./attendanceRows";
import { asCalled, ownFolder, writeOwn } from "./ownFiles";
import { shownConfig } from "./stackAws";
import { peopleOf } from "./stackPeople";
import { selectedStack, stackServer } from "./stackServer";

async function main(): Promise<void> {
  const { to, ...request } = parseAttendanceArguments(process.argv.slice(2));
  const stack = request.stack ?? selectedStack();
  const server = stackServer(stack);
  const config = shownConfig(stack);
  const timeZone =
    request.timeZone ||
    config["tljh-workshop:timeZone"]?.value ||
    Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { stdout } = await server.run("attendance");
  const rows = attendanceRows(notedOf(stdout), accountsOf(peopleOf(config)).accounts, timeZone);
  const table = attendanceTable(rows);
  if (to === "-") return void process.stdout.write(table);
  const file = asCalled(to ?? path.join("exports", stack, "attendance.csv"));
  if (to === undefined) ownFolder(path.dirname(file), "--to", "attendance.csv");
  writeOwn(file, table);
  const people = new Set(rows.map(({ account }) => account)).size;
  const days = new Set(rows.map(({ date }) => date)).size;
  console.log(`${file}  ${people} people on ${days} days, times of ${timeZone}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
