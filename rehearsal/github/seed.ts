/** What a new rehearsal's GitHub holds: a small course about groundwater, and who may read it. */

import { makeToken, type Model } from "./model";
import type { Files, Repositories } from "./repositories";

/**
 * The token in the committed configuration of the `dev` stack. It opens nothing but the rehearsal's
 * own repositories on this computer.
 */
export const DEV_TOKEN =
  "github_pat_11REHEARSAL0NOTHINGREAL_" +
  "ThisOpensNothingButTheRehearsalOnThisComputer00000000000000";

/** Who teaches: owner of the organisation and of the tokens. */
export const INSTRUCTOR = "nicolas";
/** What the token of the course reads. */
export const LISTED = ["river-lab/groundwater-course", "river-lab/field-data"];

const YEAR_DAYS = 365;

/** One notebook of nbformat 4.5; a text that begins with `#` is prose. */
export function notebook(...sources: string[]): string {
  const cells = sources.map((source, index) => {
    const common = { id: `cell-${index + 1}`, metadata: {}, source };
    return source.startsWith("#")
      ? { cell_type: "markdown", ...common }
      : { cell_type: "code", ...common, execution_count: null, outputs: [] };
  });
  const kernelspec = { display_name: "Python 3 (ipykernel)", language: "python", name: "python3" };
  const metadata = { kernelspec, language_info: { name: "python" } };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, undefined, 1)}\n`;
}

const COURSE: Files = {
  "README.md": "# Groundwater modelling\n\nStart with notebooks/1_introduction.ipynb.\n",
  "data/wells.csv": [
    "well,depth_m,head_m",
    ...Array.from({ length: 40 }, (_, n) => `W${n + 1},${30 + n},${(12 + n / 7).toFixed(2)}`),
    "",
  ].join("\n"),
  "notebooks/1_introduction.ipynb": notebook(
    "# Introduction\n\nHow deep is the water table?",
    'import csv\nrows = list(csv.DictReader(open("../data/wells.csv")))\nlen(rows)',
    'depths = [float(row["depth_m"]) for row in rows]\nsum(depths) / len(depths)',
  ),
  "notebooks/2_darcy.ipynb": notebook(
    "# Darcy's law\n\nDischarge through an aquifer.",
    "conductivity = 12.0  # m/day\ngradient = 0.004\narea = 2500.0  # m2",
    "discharge = conductivity * gradient * area\ndischarge",
    'print(f"{discharge:.1f} cubic metres a day")',
  ),
  "notebooks/Урок 3 #1 & a+b.ipynb": notebook("# Урок 3", "5 * 4"),
};

/** Bytes that compress badly, the same at each start. */
function noise(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  let state = 2463534242;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data.writeInt32LE(state | 0, at);
  }
  return data;
}

function fieldData(): Files {
  const stations = Array.from({ length: 300 }, (_, n) => {
    const number = String(n + 1).padStart(3, "0");
    const days = Array.from({ length: 30 }, (_, day) => {
      const date = `2026-06-${String(day + 1).padStart(2, "0")}`;
      return `${number},${date},${120 + ((n * 7 + day) % 19)}`;
    });
    const lines = ["station,day,level_cm", ...days, ""];
    return [`stations/station-${number}.csv`, lines.join("\n")] as const;
  });
  return {
    "README.md": "# Field data\n",
    ...Object.fromEntries(stations),
    "rasters/elevation.bin": noise(24 * 2 ** 20),
  };
}

/** Fills an empty GitHub. */
export async function seed(repositories: Repositories): Promise<Model> {
  const small = (name: string): Files => ({
    "README.md": `# ${name}\n`,
    "start.ipynb": notebook(`# ${name}`, "5 * 4"),
  });
  const content: [string, boolean, string[], Files][] = [
    ["river-lab/groundwater-course", true, [INSTRUCTOR], COURSE],
    ["river-lab/field-data", true, [INSTRUCTOR], fieldData()],
    ["river-lab/groundwater-course-two", true, [INSTRUCTOR], small("Second course")],
    ["river-lab/exam", true, [INSTRUCTOR], { "answers.md": "Nobody shall read this.\n" }],
    ["river-lab/open-data", false, [INSTRUCTOR], small("Open data")],
    ["aisuluu/notes", false, ["aisuluu"], small("Notes")],
  ];
  for (const [path, , , files] of content) {
    await repositories.create(path);
    await repositories.commit(path, "main", files, "First version");
  }
  const lesson = notebook("# Осенний курс", "5 * 4");
  await repositories.commit(
    "river-lab/groundwater-course",
    "осень/2026-#1",
    { ...COURSE, "notebooks/Урок 3 #1 & a+b.ipynb": lesson },
    "Осень",
  );
  const defaults = { account: INSTRUCTOR, repositories: LISTED };
  return {
    repositories: content.map(([path, isPrivate, members]) => ({ path, isPrivate, members })),
    moved: {},
    tokens: [makeToken({ days: YEAR_DAYS }, defaults, DEV_TOKEN).token],
  };
}
