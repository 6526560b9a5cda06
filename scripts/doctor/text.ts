/** What `npm run doctor` prints for a person. */
import { isKnown, type Facts } from "./facts";
import { ROW_IDS, type Colour, type Row } from "./rows";
import { fromHere, isRunning } from "./wayThere";

/** Of a terminal. */
const CODES: Record<Colour, number> = { green: 32, yellow: 33, red: 31 };

const WIDTH = Math.max(...ROW_IDS.map((id) => id.length));

/**
 * The report.
 *
 * @param hasColours whether it goes to a terminal that shows them
 */
export function reportText(facts: Facts, rows: readonly Row[], hasColours = false): string {
  return [...rows.map((row) => rowText(row, hasColours)), "", ...ending(facts, rows)].join("\n");
}

export function rowText({ id, colour, says, do: command }: Row, hasColours = false): string {
  const word = colour.padEnd("yellow".length);
  const painted = hasColours ? `\x1b[${CODES[colour]}m${word}\x1b[0m` : word;
  const line = `${painted}  ${id.padEnd(WIDTH)}  ${says}`;
  return command === undefined ? line : `${line}\n${" ".repeat(8)}do: ${command}`;
}

function ending(facts: Facts, rows: readonly Row[]): string[] {
  const count = (colour: Colour) => rows.filter((row) => row.colour === colour).length;
  const sum = `${count("red")} red, ${count("yellow")} yellow, ${count("green")} green`;
  if (isKnown(facts.server)) return [sum];
  const missing = ROW_IDS.length - rows.length;
  const why = isRunning(facts)
    ? "the server cannot be asked from here"
    : "the machine does not run";
  return [`${fromHere(facts.here)}`, `${sum}; ${missing} more cannot be told: ${why}`];
}
