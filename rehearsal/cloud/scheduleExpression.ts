/**
 * When a schedule of EventBridge Scheduler is due:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */

import { Cron } from "croner";

/** `at(yyyy-mm-ddThh:mm:ss)`: once, by the clocks of the schedule's zone. */
const AT = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/;
/** `cron(minutes hours day-of-month month day-of-week year)`. */
const CRON = /^cron\(((?:[\d*,/?-]+ ){3}[\d*,/?-]+ [*?] [\d*,/-]+)\)$/;

/**
 * The first time after another at which a schedule is due. A time of day that the clocks skip in
 * spring is skipped; one that comes twice in autumn is due once, as on AWS.
 *
 * @param zone of the IANA, such as Asia/Almaty
 * @returns undefined when it is never due again
 * @throws Error for an expression that the rehearsal does not know
 */
export function nextTime(expression: string, zone: string, after: Date): Date | undefined {
  const [, once] = AT.exec(expression) ?? [];
  const [, fields] = CRON.exec(expression) ?? [];
  if (once === undefined && fields === undefined) {
    throw new Error(
      `the rehearsal's scheduler does not know ${expression}; it knows at(…), and cron(…) without days of the week`,
    );
  }
  const cron = new Cron(once ?? `0 ${fields}`, { timezone: zone, paused: true });
  let found = cron.nextRun(after) ?? undefined;
  // Where the library would take the first moment after a gap.
  while (found !== undefined && once === undefined && !cron.match(found)) {
    found = cron.nextRun(found) ?? undefined;
  }
  return found;
}
