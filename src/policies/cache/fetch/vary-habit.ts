/** What a first request offers: the fields that backends negotiate by (RFC 9110 §12.5). */
const NEGOTIATED: readonly string[] = ['accept', 'accept-language'];

/** How many responses a habit is told by. */
const MAX = 4;

/**
 * Which request fields the responses of a call site depend on, by what the latest of them said in `Vary`. It decides what is offered to the
 * backend at an address of which nothing is known yet. To offer too little costs a second request, to offer too much a variant more: what
 * was sent is part of the key in any case, so neither gives anybody the wrong response.
 */
export class VaryHabit {
  #latest: readonly (readonly string[])[] = [];
  #offered: readonly string[];

  /** @param isNegotiated whether the client itself is answered with what the backend says, and not with what is made of it. */
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
