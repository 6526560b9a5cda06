/** People's names from a table, as a spreadsheet saves it. */
import { parse } from "csv-parse/sync";
import { formatProblem } from "../components/text";

/** What a column may be called, whatever its case; several languages of the people who make lists. */
const COLUMNS = {
  whole: ["name", "full name", "names", "participant", "имя и фамилия", "фио", "аты-жөнү"],
  first: ["first", "first name", "firstname", "given name", "имя", "аты"],
  last: ["last", "last name", "lastname", "surname", "family name", "фамилия", "фамилиясы"],
};

const TOLD = 120;

function refused(file: string, wrong: string, received: string): Error {
  return new Error(
    formatProblem({
      wrong: `${file}: ${wrong}`,
      received,
      allowed:
        "a CSV file in UTF-8 with a column name, or the columns first and last, or one column without a head",
      mend: "save the table as “CSV UTF-8”, then the same command once more",
    }),
  );
}

/** The text of a file that must be UTF-8: Excel's plain CSV is not, and its Cyrillic would be garbled. */
function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(file, "is not in UTF-8", `${bytes.length} bytes in another encoding`);
  }
}

function separatorOf(text: string): string {
  const [line = ""] = text.split("\n", 1);
  return [";", "\t", ","].find((sign) => line.includes(sign)) ?? ",";
}

/**
 * The names, in the order of the file; empty lines are left out.
 *
 * @param file its name, for errors
 * @throws Error when it is no table of names
 */
export function namesOf(bytes: Uint8Array, file: string): string[] {
  const text = textOf(bytes, file);
  let rows: string[][];
  try {
    rows = parse(text, {
      delimiter: separatorOf(text),
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    });
  } catch (error) {
    throw refused(file, "is not a table", error instanceof Error ? error.message : String(error));
  }
  const [head = [], ...rest] = rows;
  const at = (known: readonly string[]) =>
    head.findIndex((cell) => known.includes(cell.toLowerCase().replace(/_/g, " ")));
  const [whole, first, last] = [at(COLUMNS.whole), at(COLUMNS.first), at(COLUMNS.last)];
  const cells = (row: string[], ...columns: number[]) =>
    columns.map((column) => row[column] ?? "").join(" ");
  const names =
    first >= 0 && last >= 0
      ? rest.map((row) => cells(row, first, last))
      : whole >= 0
        ? rest.map((row) => cells(row, whole))
        : head.length === 1
          ? rows.map((row) => cells(row, 0))
          : undefined;
  if (!names) throw refused(file, "has no column of names", head.join(", ").slice(0, TOLD));
  const people = names.map((name) => name.trim().replace(/\s+/g, " ")).filter((it) => it !== "");
  if (people.length === 0) throw refused(file, "has no names", `${rows.length} lines`);
  return people;
}
