/** What `npm run fleet` shows: a table, and a page. */
import mustache from "mustache";
import { daysUntil, type FleetRow } from "./fleetRow";
import { table } from "./userText";

const NONE = "–";
/** Fewer deserve a look. */
const FEW_DAYS = 14;

const HEAD = [
  "stack",
  "state",
  "region",
  "address",
  "days",
  "people",
  "cost so far",
  "certificate",
  "token",
  "last backup",
] as const;

function stateOf({ state, hub, isAccount }: FleetRow): string {
  if (isAccount) return "account";
  return state === "running" && hub === false ? "running, hub silent" : state;
}

function days(until: string | undefined, now: Date): string {
  if (until === undefined) return NONE;
  const left = daysUntil(until, now);
  return left < 0 ? "over" : left === 1 ? "1 day" : `${left} days`;
}

function costOf({ cost, costIsMost }: FleetRow): string {
  if (cost === undefined) return NONE;
  return `${costIsMost ? "at most " : ""}${cost.toFixed(2)} USD`;
}

function span({ firstDay, lastDay }: FleetRow): string {
  if (lastDay === undefined) return NONE;
  return firstDay === undefined ? `until ${lastDay}` : `${firstDay} to ${lastDay}`;
}

function backup(time: string | undefined, now: Date): string {
  if (time === undefined) return NONE;
  const hours = Math.floor((now.getTime() - Date.parse(time)) / 3_600_000);
  if (hours < 1) return "just now";
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

function cells(row: FleetRow, now: Date): string[] {
  return [
    row.stack,
    stateOf(row),
    row.region ?? NONE,
    row.url ?? row.publicIp ?? NONE,
    span(row),
    row.participants === undefined ? NONE : String(row.participants),
    costOf(row),
    days(row.certificateUntil, now),
    days(row.tokenUntil, now),
    backup(row.lastBackup, now),
  ];
}

/** What goes on costing, of all stacks of which it is known. */
function sum(rows: readonly FleetRow[]): string {
  const known = rows.flatMap(({ cost }) => cost ?? []);
  if (known.length === 0) return "";
  const total = known.reduce((all, one) => all + one, 0).toFixed(2);
  const isMost = rows.some(({ costIsMost }) => costIsMost);
  return `${isMost ? "At most " : ""}${total} USD so far, without taxes and traffic`;
}

/** One line for each stack, and one for each trouble. */
export function fleetText(rows: readonly FleetRow[], now: Date): string {
  const troubles = rows.flatMap(({ stack, trouble }) => (trouble ? `${stack}: ${trouble}` : []));
  const total = sum(rows);
  return [
    table([HEAD, ...rows.map((row) => cells(row, now))]),
    ...(total === "" ? [] : ["", total]),
    ...(troubles.length === 0 ? [] : ["", ...troubles]),
  ].join("\n");
}

/** How urgent a look is, as a class of the page. */
function urgency(row: FleetRow, now: Date): "good" | "look" | "bad" {
  const ends = [row.certificateUntil, row.tokenUntil].flatMap((day) => day ?? []);
  if (row.state === "unreadable" || row.state === "gone" || row.hub === false) return "bad";
  if (ends.some((day) => daysUntil(day, now) < 0)) return "bad";
  const isLate = row.lastDay !== undefined && daysUntil(row.lastDay, now) < 0;
  const costs = row.state !== "never up" && !row.isAccount;
  if ((isLate && costs) || ends.some((day) => daysUntil(day, now) < FEW_DAYS)) return "look";
  return "good";
}

/** A page that needs nothing from anywhere. What stands in a stack is text on it, never markup. */
export function fleetPage(rows: readonly FleetRow[], now: Date, template: string): string {
  return mustache.render(template, {
    head: HEAD,
    rows: rows.map((row) => ({
      urgency: urgency(row, now),
      cells: cells(row, now).map((text) => ({
        text,
        ...(/^https?:\/\//.test(text) && { link: text }),
      })),
    })),
    troubles: rows
      .filter(({ trouble }) => trouble)
      .map(({ stack, trouble }) => ({ stack, trouble })),
    sum: sum(rows),
    at: now.toISOString().slice(0, 16).replace("T", " "),
  });
}
