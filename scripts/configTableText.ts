/** The table of configuration as Markdown. */
import { parse } from "yaml";

interface Declared {
  type: string;
  default: unknown;
  description: string;
}

const BEGIN = "<!-- configuration: made by scripts/configTable.ts -->";
const END = "<!-- end of configuration -->";

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(String).join(", ");
  if (typeof value === "object" && value !== null) {
    const lists = Object.entries(value).map(([key, item]) => `${key}: ${shown(item)}`);
    return lists.length === 0 ? "none" : lists.join("; ");
  }
  return value === "" ? "none" : String(value);
}

/** A row for each key that Pulumi.yaml declares, in its order. */
export function configTable(pulumiYaml: string): string {
  const { config } = parse(pulumiYaml) as { config: Record<string, Declared> };
  const rows = Object.entries(config).map(([key, declared]) => {
    const cells = [`\`${key}\``, shown(declared.default), declared.description];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| key | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/**
 * The README with the table between its two marks.
 *
 * @throws Error if a mark is missing
 */
export function withTable(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md lacks ${BEGIN} or ${END}`);
  return `${readme.slice(0, begin)}${BEGIN}\n\n${table}\n\n${readme.slice(end)}`;
}
