/** The fields of a first request: those of content negotiation (RFC 9110 §12.5). */
const NEGOTIATED: readonly string[] = ['accept', 'accept-language'];

/** The number of responses that are remembered. */
const MAX = 4;

/**
 * The request fields that a call site's responses depend on, from the latest `Vary` fields. It selects the fields of a
 * shared request for an unknown address. A missing field costs a second request, a superfluous one another variant; all
 * sent fields are part of the key, so neither serves a wrong response.
 */
export class VaryHabit {
  #latest: readonly (readonly string[])[] = [];
  #offered: readonly string[];

  /** @param isNegotiated whether clients receive the backend's response itself. */
  constructor(isNegotiated: boolean) {
    this.#offered = isNegotiated ? NEGOTIATED : [];
  }

  get offered(): readonly string[] {
    return this.#offered;
  }

  /** @param names the fields in a response's Vary. */
  learn(names: readonly string[]): void {
    this.#latest = [names, ...this.#latest].slice(0, MAX);
    const all = new Set(this.#latest.flat());
    const isUsual = (name: string) =>
      this.#latest.filter(each => each.includes(name)).length * 2 >= this.#latest.length;
    this.#offered = [...all].filter(isUsual);
  }
}
