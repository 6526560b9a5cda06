/** Who was here when: what the server notes, and the table of it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Account } from "../../components/accountList";
import { parseAttendanceArguments } from "../../scripts/attendanceArguments";
import { attendanceRows, attendanceTable, notedOf, type Noted } from "../../scripts/attendanceRows";

const WORK = path.join(__dirname, "../../scripts/server/work");
const ANA = { name: "ana", person: "Ана К.", role: "participant" } as Account;
/** 09:00 in Bishkek. */
const NINE = Date.parse("2026-11-25T03:00:00Z") / 1000;
const minutes = (number: number) => NINE + number * 60;

describe("attendance", () => {
  const rows = (...noted: Noted[]) => attendanceRows(noted, [ANA], "Asia/Bishkek");

  it("counts hours with a running server, and those in which something was done", () => {
    const found = rows(
      { at: minutes(0), login: "ana" },
      { at: minutes(5), on: { ana: minutes(4) } },
      { at: minutes(10), on: { ana: minutes(9) } },
      { at: minutes(15), on: { ana: minutes(14) } },
      // She is away, and her server runs on.
      { at: minutes(20), on: { ana: minutes(14) } },
      { at: minutes(25), on: { ana: minutes(14) } },
    );
    assert.deepEqual(found, [
      {
        account: "ana",
        person: "Ана К.",
        role: "participant",
        date: "2026-11-25",
        first: "09:00",
        last: "09:14",
        active: 0.17,
        server: 0.33,
        logins: 1,
      },
    ]);
  });

  it("counts nothing while the machine was off, and no day on which only the server ran", () => {
    const night = 12 * 60;
    const found = rows(
      { at: minutes(5), on: { ana: minutes(4) } },
      { at: minutes(night), on: { ana: minutes(4) } },
      { at: minutes(30 * 60), on: { ana: minutes(4) } },
    );
    assert.deepEqual(
      found.map(({ date, server }) => [date, server]),
      [["2026-11-25", 0]],
    );
  });

  it("has the date of the course's place, and people who are in no list", () => {
    const late = Date.parse("2026-11-25T20:30:00Z") / 1000;
    assert.deepEqual(
      rows({ at: late, login: "bo" }).map((it) => [it.date, it.first, it.account, it.person]),
      [["2026-11-26", "02:30", "bo", ""]],
    );
  });

  it("has no commands that came as a participant", () => {
    const found = rows(
      { at: minutes(0), login: "workshop-check" },
      { at: minutes(1), login: "workshop-class-07" },
      { at: minutes(2), login: "ana" },
    );
    assert.deepEqual(
      found.map(({ account }) => account),
      ["ana"],
    );
  });

  it("reads what was noted, but for half a line", () => {
    assert.deepEqual(notedOf('{"at":1,"login":"ana"}\n{"at":2,"on":{"an\nnonsense\n'), [
      { at: 1, login: "ana" },
    ]);
  });

  it("is a table that a spreadsheet takes for no formula", () => {
    const text = attendanceTable([{ ...rows({ at: NINE, login: "ana" })[0], person: "=1+1" }]);
    assert.match(text, /^\uFEFFdate,account,person,role,first seen/);
    assert.match(text, /ana,'=1\+1,participant/);
  });

  it("is asked for by words that are understood", () => {
    assert.deepEqual(parseAttendanceArguments(["--to", "-", "--time-zone", "Asia/Bishkek"]), {
      to: "-",
      timeZone: "Asia/Bishkek",
    });
    assert.throws(() => parseAttendanceArguments(["--time-zone", "Mars"]), /no such time zone/);
    assert.throws(() => parseAttendanceArguments(["ana"]), /words too many/);
    assert.throws(() => parseAttendanceArguments(["--timezone=x"]), /--time-zone/);
  });

  it("is noted from the hub's database, of whose server runs", () => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), "attendance-"));
    const python = (program: string, ...args: string[]) => {
      const ran = spawnSync("python3", [...args, "-"], { input: program, encoding: "utf8" });
      assert.equal(ran.status, 0, ran.stderr);
    };
    python(`
import sqlite3
db = sqlite3.connect(${JSON.stringify(`${state}/jupyterhub.sqlite`)})
db.executescript("""
CREATE TABLE users (id INTEGER, name TEXT);
CREATE TABLE spawners (user_id INTEGER, server_id INTEGER, last_activity DATETIME);
INSERT INTO users VALUES (1, 'ana'), (2, 'bo');
INSERT INTO spawners VALUES (1, 7, '2026-11-25 03:00:00.123456'), (2, NULL, '2026-11-25 03:00:00');
""")
`);
    const ran = spawnSync("python3", [path.join(WORK, "sample.py"), state], { encoding: "utf8" });
    assert.equal(ran.status, 0, ran.stderr);
    const file = path.join(state, "workshop-attendance.jsonl");
    const [noted] = notedOf(fs.readFileSync(file, "utf8"));
    assert.deepEqual(noted && "on" in noted && noted.on, { ana: NINE });
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    fs.rmSync(state, { recursive: true });
  });
});
