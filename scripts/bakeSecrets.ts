/** A stack's secrets, as texts that must be in no image. Pure. */

/** What `pulumi config --json --show-secrets` prints, as far as it matters here. */
export type ConfigWithSecrets = Readonly<
  Record<string, { value?: string; secret?: boolean } | undefined>
>;

/** Shorter texts are words too, and would be found everywhere. */
const SHORTEST = 10;
/** Lines of keys. */
const KEY_LINE = 40;

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** A key in several lines is found by each of them; what all keys of a type begin with is none. */
function textsOf(secret: string): string[] {
  if (!secret.includes("\n")) return secret.length >= SHORTEST ? [secret] : [];
  const isOwn = (line: string) => line.length >= KEY_LINE && !line.startsWith("-----");
  return secret.split("\n").filter(isOwn).slice(1);
}

/**
 * @param config with secrets
 * @param shown outputs with secrets
 * @param hidden the same outputs as everybody sees them
 */
export function secretsOf(
  config: ConfigWithSecrets,
  shown: Readonly<Record<string, unknown>>,
  hidden: Readonly<Record<string, unknown>>,
): string[] {
  const configured = Object.values(config).flatMap((one) => (one?.secret ? one.value : []));
  const outputs = Object.keys(shown).filter(
    (key) => JSON.stringify(shown[key]) !== JSON.stringify(hidden[key]),
  );
  const all = [...configured, ...outputs.map((key) => shown[key])];
  return [...new Set(all.flatMap(stringsIn).flatMap(textsOf))];
}
