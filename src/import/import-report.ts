/** A mistake of an OpenAPI document, or of the project that it would be written to. */
export interface DocumentMistake {
  /** A JSON pointer into the document; '' for the whole. */
  readonly pointer: string;
  readonly message: string;
  readonly remedy: string;
}

/** What the document says and route files cannot. It is no mistake. */
export interface ImportNote {
  /** A JSON pointer into the document. */
  readonly pointer: string;
  readonly message: string;
}

/** Everything that was found in a document, so that it is reported at once. */
export class ImportReport {
  readonly #mistakes = new Map<string, DocumentMistake>();
  readonly #notes = new Map<string, ImportNote>();
  #hint: string | undefined;

  // A component is read from several places, and what is wrong in it is one mistake.
  mistake(pointer: string, message: string, remedy: string): void {
    this.#mistakes.set(`${pointer} ${message}`, { pointer, message, remedy });
  }

  note(pointer: string, message: string): void {
    this.#notes.set(`${pointer} ${message}`, { pointer, message });
  }

  /** What else may have been meant, behind all mistakes. */
  hint(text: string): void {
    this.#hint = text;
  }

  get mistakes(): readonly DocumentMistake[] {
    return [...this.#mistakes.values()];
  }

  get notes(): readonly ImportNote[] {
    return [...this.#notes.values()];
  }

  /** @throws ImportError if there is a mistake. */
  end(from: string): void {
    if (this.#mistakes.size > 0) throw new ImportError(from, this.mistakes, this.#hint);
  }
}

/** A document that cannot be imported. The message is the report, with every mistake. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly mistakes: readonly DocumentMistake[];

  /** @param from the file or URL of the document. */
  constructor(from: string, mistakes: readonly DocumentMistake[], hint?: string) {
    const lines = mistakes.flatMap(({ pointer, message, remedy }) => [
      ` ${pointer === '' ? from : `#${pointer}`}  ${message}`,
      `   → ${remedy}`,
    ]);
    const count = `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}`;
    const end = ` ${count}; nothing is written`;
    super([...lines, end, ...(hint === undefined ? [] : [` ${hint}`])].join('\n'));
    this.mistakes = mistakes;
  }
}
