/** Which files shellcheck reads. */

/**
 * Whether a file is a shell script: by its name, or by its first line if the name has no ending.
 *
 * @param file path of the file
 * @param firstLine reads the file's first line
 */
export function isShellScript(file: string, firstLine: (file: string) => string): boolean {
  if (file.endsWith(".sh")) return true;
  const name = file.slice(file.lastIndexOf("/") + 1);
  if (name.slice(1).includes(".")) return false;
  return /^#!.*\b(ba|da)?sh\b/.test(firstLine(file));
}
