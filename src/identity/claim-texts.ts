/** A token of 8 KB could have thousands, and each of them is compared with those of a route. */
const MAX_TEXTS = 256;

/** The different texts of a claim with a list of texts, or with one; at most 256, other values are left out. */
export function claimTexts(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter(text => typeof text === 'string' && text !== '');
  return [...new Set(texts as readonly string[])].slice(0, MAX_TEXTS);
}
