/** The report: all rows of what is known. */
import { courseRows } from "./course";
import { isKnown, type Facts } from "./facts";
import { hubRows } from "./hub";
import { machineRows } from "./machine";
import { ROW_IDS, type Row } from "./rows";
import { wayThere } from "./wayThere";

/** In the order of ROW_IDS. Without the server there are only the rows of the way there. */
export function rowsOf(facts: Facts): Row[] {
  const { server } = facts;
  const known = new Map([
    ...wayThere(facts),
    ...(isKnown(server)
      ? [...machineRows(facts, server), ...hubRows(facts, server), ...courseRows(facts, server)]
      : []),
  ]);
  return ROW_IDS.flatMap((id) => {
    const verdict = known.get(id);
    return verdict ? [{ id, ...verdict }] : [];
  });
}

/** Whether the command ends well: nothing is red. */
export function isWell(rows: readonly Row[]): boolean {
  return rows.every(({ colour }) => colour !== "red");
}
