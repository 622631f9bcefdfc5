/** What a first request offers: the fields that backends negotiate by (RFC 9110 §12.5). */
const NEGOTIATED: readonly string[] = ['accept', 'accept-language'];

/** How many responses form a habit. */
const MAX = 4;

/**
 * Which request fields the responses of a call site depend on, from the `Vary` of its latest ones. It selects the
 * fields of a shared request at an unknown address. One field too few costs a second request, one too many a variant
 * more: all fields that were sent are part of the key in any case, so neither serves a wrong response.
 */
export class VaryHabit {
  #latest: readonly (readonly string[])[] = [];
  #offered: readonly string[];

  /**
   * @param isNegotiated whether the client itself is answered with what the backend says, and not with what is made of
   * it.
   */
  constructor(isNegotiated: boolean) {
    this.#offered = isNegotiated ? NEGOTIATED : [];
  }

  get offered(): readonly string[] {
    return this.#offered;
  }

  /** @param names what a response named in its Vary. */
  learn(names: readonly string[]): void {
    this.#latest = [names, ...this.#latest].slice(0, MAX);
    const all = new Set(this.#latest.flat());
    const isUsual = (name: string) =>
      this.#latest.filter(each => each.includes(name)).length * 2 >= this.#latest.length;
    this.#offered = [...all].filter(isUsual);
  }
}
