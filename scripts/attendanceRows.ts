/** Who was here when, from what the server has noted. No input or output here. */
import { stringify } from "csv-stringify/sync";
import { isGuest, type Account } from "../components/accountList";

/** A line that the server has noted: a log-in, or whose servers run. Times in seconds since 1970. */
export type Noted =
  | { at: number; login: string }
  /** Account to when the person last did something there. */
  | { at: number; on: Record<string, number> };

/** One person on one day. */
export interface Attendance {
  account: string;
  person: string;
  role: string;
  /** Such as 2026-11-25, in the time zone that was asked for. */
  date: string;
  /** First and last sign of the person, such as 09:05. */
  first: string;
  last: string;
  /** Hours with a sign of the person, in steps of five minutes. */
  active: number;
  /** Hours that the person's server ran. */
  server: number;
  logins: number;
}

/** The server notes every five minutes. After a longer pause nothing is known of what was between. */
const LONGEST_SECONDS = 11 * 60;

/** Lines of the server's file; one that was cut off by a full disk is left out. */
export function notedOf(text: string): Noted[] {
  return text.split("\n").flatMap((line) => {
    try {
      return line.startsWith("{") ? (JSON.parse(line) as Noted) : [];
    } catch {
      return [];
    }
  });
}

interface Day {
  seen: number[];
  active: number;
  server: number;
  logins: number;
}

/** Date and time of day there. */
function clock(timeZone: string): (seconds: number) => { date: string; time: string } {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "short",
  });
  return (seconds) => {
    const [date = "", time = ""] = format.format(seconds * 1000).split(" ");
    return { date, time };
  };
}

/**
 * A row for each person and day with a sign of the person.
 *
 * @param timeZone of IANA, such as Asia/Bishkek
 * @throws RangeError when there is no such time zone
 */
export function attendanceRows(
  noted: readonly Noted[],
  accounts: readonly Account[],
  timeZone: string,
): Attendance[] {
  const at = clock(timeZone);
  const days = new Map<string, Day>();
  const dayOf = (account: string, seconds: number): Day => {
    const key = `${at(seconds).date} ${account}`;
    const day = days.get(key) ?? { seen: [], active: 0, server: 0, logins: 0 };
    days.set(key, day);
    return day;
  };
  let before: Extract<Noted, { on: unknown }> | undefined;
  for (const one of [...noted].sort((a, b) => a.at - b.at)) {
    if ("login" in one) {
      const day = dayOf(one.login, one.at);
      day.seen.push(one.at);
      day.logins += 1;
      continue;
    }
    const seconds = before === undefined ? 0 : one.at - before.at;
    for (const [account, last] of Object.entries(one.on)) {
      const known = before?.on[account];
      if (known !== undefined && seconds <= LONGEST_SECONDS) {
        dayOf(account, one.at).server += seconds;
        if (last > known) dayOf(account, last).active += seconds;
      }
      if (last > 0 && last !== known) dayOf(account, last).seen.push(last);
    }
    before = one;
  }
  const people = new Map(accounts.map((it) => [it.name, it]));
  return [...days]
    .filter(([, { seen }]) => seen.length > 0)
    .filter(([key]) => !isGuest(key.split(" ")[1] ?? ""))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { seen, active, server, logins }]) => {
      const [date = "", account = ""] = key.split(" ");
      const hours = (all: number) => Math.round((all / 3600) * 100) / 100;
      return {
        account,
        person: people.get(account)?.person ?? "",
        role: people.get(account)?.role ?? "",
        date,
        first: at(Math.min(...seen)).time,
        last: at(Math.max(...seen)).time,
        active: hours(active),
        server: hours(server),
        logins,
      };
    });
}

/** The rows as a table for a spreadsheet. */
export function attendanceTable(rows: readonly Attendance[]): string {
  const columns = [
    { key: "date", header: "date" },
    { key: "account", header: "account" },
    { key: "person", header: "person" },
    { key: "role", header: "role" },
    { key: "first", header: "first seen" },
    { key: "last", header: "last seen" },
    { key: "active", header: "hours active" },
    { key: "server", header: "hours of server" },
    { key: "logins", header: "log-ins" },
  ];
  return stringify([...rows], { header: true, columns, bom: true, escape_formulas: true });
}
