import { GatewayError } from '../core/failure.ts';

/** The ids of `each` by their text, each once, in order. @throws TypeError for anything but a list of ids. */
export function idsOf(given: unknown, site: string): ReadonlyMap<string, unknown> {
  if (!Array.isArray(given)) throw new TypeError(`${site}: \`each\` returned no list of ids`);
  const ids = new Map<string, unknown>();
  for (const id of given) {
    const key = keyOf(id);
    if (key === undefined) throw new TypeError(`${site}: \`each\` returned something that is no id: ${kindOf(id)}`);
    if (!ids.has(key)) ids.set(key, id);
  }
  return ids;
}

/** The text by which an id is found again: an id may be a text in one response and a number in another. */
function keyOf(id: unknown): string | undefined {
  if (typeof id === 'string') return id;
  if (typeof id === 'bigint') return String(id);
  return typeof id === 'number' && Number.isFinite(id) ? String(id) : undefined;
}

/** Never the value itself, which came from a backend. */
function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}

/**
 * Finds the item of each id in a response, whatever its order: items of other ids are ignored, and of two with the same
 * id the first one counts.
 * @param by returns the id of an item.
 * @throws GatewayError `upstream.invalid` for an item without an id.
 */
export function dealt(items: readonly unknown[], by: (item: unknown) => unknown, site: string): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [i, item] of items.entries()) {
    const key = idOf(item, by, `${site}: item ${i}`);
    if (!found.has(key)) found.set(key, item);
  }
  return found;
}

function idOf(item: unknown, by: (item: unknown) => unknown, place: string): string {
  let key: string | undefined;
  let cause: unknown;
  try {
    key = keyOf(by(item));
  } catch (thrown) {
    cause = thrown;
  }
  if (key !== undefined) return key;
  throw new GatewayError('upstream.invalid', 'A part sent something unexpected', {
    cause: new Error(`${place} has no id by \`by\``, { cause }),
  });
}

/** The list in pieces of at most `max`. */
export function chunked<T>(list: readonly T[], max: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / max) }, (_, i) => list.slice(i * max, (i + 1) * max));
}

/** Limits how many tasks run at the same time. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async run<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#running >= this.#max) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The place goes to the next one, so the number stays.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
