import type { EncodedCopies, SentAs } from '../../../core/body.ts';

/** The copies of a stored body, each made at the first request for its content encoding. */
export class EncodedVariants implements EncodedCopies {
  readonly sent = new Map<string, SentAs>();
  readonly #bytes: Buffer;
  readonly #made = new Map<string, Buffer>();
  readonly #making = new Map<string, Promise<Buffer>>();
  readonly #grown: (bytes: number) => void;

  /** @param grown receives the size of a new copy in bytes. */
  constructor(bytes: Buffer, grown: (bytes: number) => void) {
    this.#bytes = bytes;
    this.#grown = grown;
  }

  of(encoding: string, make: (bytes: Buffer) => Promise<Buffer>): Buffer | Promise<Buffer> {
    return this.#made.get(encoding) ?? this.#making.get(encoding) ?? this.#make(encoding, make);
  }

  #make(encoding: string, make: (bytes: Buffer) => Promise<Buffer>): Promise<Buffer> {
    const making = make(this.#bytes)
      .then(copy => {
        this.#made.set(encoding, copy);
        this.#grown(copy.length);
        return copy;
      })
      .finally(() => this.#making.delete(encoding));
    this.#making.set(encoding, making);
    return making;
  }
}
