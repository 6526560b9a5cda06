/** Values as bash reads them back, whatever is in them. */

/** What a server script may be given: a text, a number, a list or a table of texts. */
export type ShellValue = string | number | readonly string[] | Readonly<Record<string, string>>;

/** One word of a shell command, quoted so that the shell changes nothing in it. */
export function quote(text: string): string {
  if (text.includes("\0")) throw new Error("a shell word cannot hold a NUL character");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * One assignment a line: `NAME='text'`, `NAME=('a' 'b')` for a list, and an associative array for a
 * table. The order is that of the object.
 */
export function assignments(values: Readonly<Record<string, ShellValue>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new Error(`not a name for a variable: ${name}`);
      return `${assignment(name, value)}\n`;
    })
    .join("");
}

function isList(value: ShellValue): value is readonly string[] {
  return Array.isArray(value);
}

function assignment(name: string, value: ShellValue): string {
  if (typeof value === "string" || typeof value === "number") {
    return `${name}=${quote(String(value))}`;
  }
  if (isList(value)) return `${name}=(${value.map(quote).join(" ")})`;
  const items = Object.entries(value).map(([key, item]) => `[${quote(key)}]=${quote(item)}`);
  return `declare -A ${name}=(${items.join(" ")})`;
}
