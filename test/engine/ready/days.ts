/** The days around a workshop: the machine stops and starts, and whoever asks meanwhile is told so. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { clockAt, endOf, momentOf, type Days } from "../../../components/calendarTimes";
import { SchedulerControl } from "../../../rehearsal/cloud/schedulerClient";
import type { FleetRow } from "../../../scripts/fleetRow";
import type { Report } from "../../../scripts/preflightText";
import { failed, succeeded, type Lab } from "../workshop/lab";
import { LAST_TYPE } from "./size";

/** Starts one participant's server by the hub's API, and no other's; one that still ends is waited for. */
const START_SERVER = `
  token=$(cat /opt/tljh/state/workshop-accounts.token)
  user() { curl -sS -H "Authorization: token $token" "$@"; }
  users=http://127.0.0.1:15001/hub/api/users
  for _ in $(seq 90); do
    user -X DELETE $users/sofia/server
    user $users/sofia | grep -q '"servers": {}' && break
    sleep 1
  done
  for _ in $(seq 90); do
    user -X POST $users/maria/server
    user $users/maria | grep -q '"ready": true' && exit 0
    sleep 1
  done
  exit 1`;
const NOTE = "/home/jupyter-maria/note.txt";
const HUB = "curl -fsS http://127.0.0.1/hub/health";

const ZONE = "Asia/Almaty";
/** The night is far from now: the clock of the scheduler goes until a test sets it. */
function farTime(hours: number): string {
  return `${clockAt(new Date(Date.now() + hours * 3_600_000), ZONE).time.slice(0, 2)}:00`;
}
const NIGHT = { stop: farTime(10), start: farTime(14) };
/** A course over the end of a month, and before the end of the rehearsal's token. */
const month = (ahead: number): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getFullYear(), now.getMonth() + ahead, 1)).toISOString().slice(0, 7);
};
const COURSE: Days = {
  firstDay: `${month(2)}-27`,
  lastDay: `${month(3)}-02`,
  timeZone: ZONE,
  nightStop: NIGHT,
  stopAfterDays: 3,
};

/** Configuration of the suite's stack. */
export const DAYS = {
  firstDay: COURSE.firstDay,
  lastDay: COURSE.lastDay,
  timeZone: ZONE,
  nightStop: `${NIGHT.stop}-${NIGHT.start}`,
};

/** What the operator's key must be seen to do. */
export const SCHEDULING = [
  "iam:GetRole",
  "iam:PassRole",
  "scheduler:CreateSchedule",
  "scheduler:DeleteSchedule",
  "scheduler:GetSchedule",
  "scheduler:UpdateSchedule",
];

export function days(workshop: () => Lab): void {
  describe("between the days", () => {
    /** Lets a moment come. What AWS's scheduler did then, by the names of its schedules. */
    const at = async (moment: Date): Promise<string[]> => {
      const scheduler = new SchedulerControl(workshop().rehearsal.endpoint);
      await scheduler.set(new Date(moment.getTime() - 30_000));
      const done = await scheduler.pass(new Date(moment.getTime() + 30_000));
      assert.deepEqual(
        done.flatMap(({ failed: reason }) => reason ?? []),
        [],
      );
      return done.map(({ schedule }) => schedule.replace("tljh-workshop-test-", ""));
    };
    const morning = (day: string) => momentOf(day, NIGHT.start, ZONE);

    it("stops nobody's work without being told to, and says whose it is", async () => {
      assert.equal((await workshop().onServer(START_SERVER)).exitCode, 0);
      await workshop().serverShows("systemctl is-active --quiet jupyter-maria");
      await workshop().onServer(`echo kept >${NOTE}`);
      failed(
        await workshop().command("power", "stop"),
        /1 server runs now:\n {2}maria /,
        /The instance was not stopped: people may be at work\n {2}received: servers of maria/,
        /mend: +npm run stop -- --stack test --yes/,
      );
      assert.equal((await workshop().machines()).size, 1);
    });

    it("is stopped by AWS itself some days after the last one, and started no more", async () => {
      const end = endOf(COURSE) ?? new Date(0);
      assert.ok((await at(end)).includes("last-stop"));
      assert.equal((await workshop().machines()).size, 0);
      assert.deepEqual(await at(morning(`${month(3)}-06`)), []);
      assert.equal((await workshop().machines()).size, 0);
    });

    it("tells every command that it is stopped, and how it starts", async () => {
      const asked = [workshop().command("user", "list"), workshop().preview()];
      for (const ran of await Promise.all(asked)) {
        failed(ran, /The instance is stopped\n[^]*mend: +npm run start -- --stack test/);
      }
      failed(
        await workshop().command("doctor"),
        /^red +instance +i-\w+ is stopped: nobody can work, files are kept\n +do: npm run start -- --stack test$/m,
        /\d+ more cannot be told: the machine does not run$/m,
      );
    });

    it("keeps its doors as they are until it runs, and does not wait for the time that they were to be open", async () => {
      const file = path.join(workshop().project, "Pulumi.test.yaml");
      const before = fs.readFileSync(file, "utf8");
      for (const words of [["close"], ["open", "203.0.113.7", "--for", "24h"]]) {
        failed(
          await workshop().command("doors", ...words),
          /^The instance is stopped\n[^]*mend: +npm run start -- --stack test; then npm run doors/m,
        );
      }
      assert.equal(fs.readFileSync(file, "utf8"), before);
    });

    it("is no reason to think that the network here keeps SSH in", async () => {
      const { endpoint } = workshop().rehearsal;
      const probe = ["--probe", `22=${new URL(endpoint).host}`];
      const { text } = await workshop().command("preflight", "--json", ...probe);
      const { rows } = JSON.parse(text) as Report;
      assert.equal(rows.find(({ check }) => check === "way out for SSH")?.state, "green");
    });

    it("starts again with all files", async () => {
      const started = await workshop().command("power", "start");
      succeeded(started);
      assert.match(started.text, /The hub answers at http:\/\/127\.[\d.]+ \(\d+ s\)/);
      assert.equal((await workshop().onServer(`cat ${NOTE}`)).stdout, "kept\n");
    });

    it("stops when it is told to, and AWS starts it on the morning of the first day", async () => {
      const stopped = await workshop().command("power", "stop", "--yes");
      succeeded(stopped);
      assert.match(stopped.text, /The instance is stopped \(\d+ s\)[^]*go on costing/);
      assert.deepEqual(await at(morning(`${month(2)}-26`)), []);
      assert.equal((await workshop().machines()).size, 0);
      assert.deepEqual(await at(morning(`${month(2)}-27`)), [`morning-${month(2)}`]);
      await workshop().serverShows(HUB);
    });

    it("is a row of the fleet, beside stacks that have no server or cannot be read", async () => {
      const page = path.join(workshop().project, "fleet.html");
      await workshop().pulumi("stack", "init", "elsewhere", "--no-select");
      const fleet = workshop().startCommandOfAll("fleet", "--json", "--page", page);
      assert.equal(await fleet.ended, 0, fleet.text);
      await workshop().pulumi("stack", "rm", "--yes", "elsewhere");
      const rows = JSON.parse(fleet.stdout) as FleetRow[];
      const [account, elsewhere, own] = rows.sort((a, b) => (a.stack < b.stack ? -1 : 1));
      assert.equal(account?.isAccount, true);
      assert.match(elsewhere?.trouble ?? "", /Pulumi\.elsewhere\.yaml/);
      const { url, instanceId } = await workshop().outputs();
      assert.ok(own);
      const { cost = -1, tokenUntil, ...seen } = own;
      delete seen.costIsMost;
      assert.deepEqual(seen, {
        ...{ stack: "test", state: "running", region: "ap-south-1", instanceType: LAST_TYPE },
        ...{ url, publicIp: new URL(url).hostname, instanceId, hub: true, participants: 2 },
        ...{ firstDay: COURSE.firstDay, lastDay: COURSE.lastDay },
      });
      // Of some minutes.
      assert.ok(cost >= 0 && cost < 1, String(cost));
      assert.match(tokenUntil ?? "", /^\d{4}-\d{2}-\d{2}/);
      assert.match(fs.readFileSync(page, "utf8"), /<td>running<\/td>/);
    });

    it("moves its schedules with the last day", async () => {
      workshop().configure({ lastDay: `${month(3)}-04` });
      const up = await workshop().change("up");
      succeeded(up);
      assert.deepEqual(up.steps.sort(), [
        // Whether the token is good until then.
        ["test-git-credentials", "update"],
        ["test-last-stop", "update"],
        [`test-morning-${month(3)}`, "update"],
      ]);
      succeeded(await workshop().preview("--expect-no-changes"));
    });
  });
}
