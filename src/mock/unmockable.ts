/** A schema for which no value can be made. */
export class Unmockable extends Error {
  override readonly name = 'Unmockable';
  /** A JSON pointer into the schema. */
  readonly pointer: string;

  constructor(pointer: string, reason: string) {
    super(reason);
    this.pointer = pointer;
  }
}

export const TOO_LARGE = 'the value would be too large';
