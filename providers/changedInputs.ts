/**
 * Whether a resource's arguments are other ones than its outputs say, which repeat them. The
 * provider's own text is among them: changed code is an update.
 *
 * @param news all of it is compared, deeply
 */
export function inputsChanged(olds: object, news: object): boolean {
  const before = olds as Readonly<Record<string, unknown>>;
  return Object.entries(news).some(
    ([key, value]) => JSON.stringify(before[key]) !== JSON.stringify(value),
  );
}
