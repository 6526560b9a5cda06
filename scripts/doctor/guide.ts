/**
 * What the guide says to look at when something is wrong, and the row of the doctor that looks at it.
 * README.md has the same as a table.
 */
import type { RowId } from "./rows";

export interface GuideEntry {
  /** Of the guide's lists. */
  list:
    | "SSH"
    | "HTTPS certificate"
    | "Package installation"
    | "Private repositories"
    | "Weekly during the workshop"
    | "Before each workshop";
  /** In the guide's words. */
  entry: string;
  rows: readonly RowId[];
}

export const GUIDE: readonly GuideEntry[] = [
  { list: "SSH", entry: "If permission denied", rows: ["key file", "ssh server"] },
  { list: "SSH", entry: "If wrong path", rows: ["key file"] },
  {
    list: "SSH",
    entry: "If connection timeout, check security group",
    rows: ["instance", "doors", "ssh"],
  },
  {
    list: "HTTPS certificate",
    entry: "Check Traefik logs",
    rows: ["proxy errors", "certificate"],
  },
  { list: "HTTPS certificate", entry: "Verify domain resolves correctly", rows: ["name"] },
  { list: "HTTPS certificate", entry: "Re-apply HTTPS config", rows: ["certificate", "ports"] },
  { list: "Package installation", entry: "Verify you're using correct pip", rows: ["pip"] },
  { list: "Package installation", entry: "Check installation logs", rows: ["packages"] },
  { list: "Package installation", entry: "Test in notebook", rows: ["notebook Python"] },
  {
    list: "Private repositories",
    entry: "nbgitpuller returns authentication error",
    rows: ["git", "git as participant"],
  },
  {
    list: "Private repositories",
    entry: '"Permission denied" or "credential storage lock" warning',
    rows: ["git as participant"],
  },
  { list: "Private repositories", entry: "Token expired", rows: ["token"] },
  {
    list: "Private repositories",
    entry: "Wrong repository URL in nbgitpuller link",
    rows: ["repositories"],
  },
  {
    list: "Private repositories",
    entry: "Notebook path not opening correctly",
    rows: ["paths"],
  },
  {
    list: "Weekly during the workshop",
    entry: "Monitor disk usage",
    rows: ["root disk", "data disk", "homes"],
  },
  { list: "Weekly during the workshop", entry: "Check memory usage", rows: ["memory", "load"] },
  {
    list: "Weekly during the workshop",
    entry: "Review JupyterHub logs",
    rows: ["hub", "hub errors"],
  },
  { list: "Before each workshop", entry: "Verify token hasn't expired", rows: ["token"] },
  {
    list: "Before each workshop",
    entry: "Test nbgitpuller link with the latest repository content",
    rows: ["repositories", "paths"],
  },
  {
    list: "Before each workshop",
    entry: "Ensure credentials file is still properly configured",
    rows: ["git"],
  },
];

/** The table of README.md. */
export function guideTable(entries: readonly GuideEntry[] = GUIDE): string {
  const lines = entries.map(
    ({ list, entry, rows }) =>
      `| ${list} | ${entry} | ${rows.map((id) => `\`${id}\``).join(", ")} |`,
  );
  return [
    "| list of the guide | entry | rows of the doctor |",
    "| --- | --- | --- |",
    ...lines,
  ].join("\n");
}
