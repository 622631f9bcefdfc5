import type { BodyEnd, Sink, StreamBody } from '../../core/body.ts';
import type { GatewayError } from '../../core/failure.ts';

/** Processes a text in chunks. `latin1` keeps every byte as one character, so unchanged text keeps its bytes. */
export interface Search {
  /** The processed chunk. @throws GatewayError to truncate the body. */
  passed(text: string): string;
}

/**
 * A body that is searched while it streams. A match across two chunks is found, since an unfinished word waits for the
 * next chunk.
 */
export class SearchedBody implements StreamBody {
  readonly kind = 'stream';
  readonly length: number | undefined;
  readonly #body: StreamBody;
  readonly #search: Search;
  #broken: GatewayError | undefined;

  /** @param length the announced length: the source's own unless the search may change it. */
  constructor(body: StreamBody, search: Search, length: number | undefined) {
    this.#body = body;
    this.#search = search;
    this.length = length;
  }

  get failure(): GatewayError | undefined {
    return this.#broken ?? this.#body.failure;
  }

  get passed(): number {
    return this.#body.passed;
  }

  async pipe(sink: Sink): Promise<BodyEnd> {
    const end = await this.#body.pipe(new SearchingSink(sink, this.#search, failure => this.#break(failure)));
    return this.#broken === undefined ? end : 'broken';
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#body.onEnd(listener);
  }

  #break(failure: GatewayError): void {
    this.#broken = failure;
    this.#body.cancel(failure);
  }
}

class SearchingSink implements Sink {
  readonly #sink: Sink;
  readonly #search: Search;
  readonly #break: (failure: GatewayError) => void;
  #held = '';
  #broken = false;

  constructor(sink: Sink, search: Search, broken: (failure: GatewayError) => void) {
    this.#sink = sink;
    this.#search = search;
    this.#break = broken;
  }

  write(chunk: Buffer): boolean {
    const text = this.#held + chunk.toString('latin1');
    const cut = wordEnd(text);
    this.#held = text.slice(cut);
    const passed = this.#pass(text.slice(0, cut));
    return passed === undefined || passed.length === 0 ? true : this.#sink.write(passed);
  }

  end(last?: Buffer, trailers?: readonly string[]): void {
    const passed = this.#pass(this.#held + (last?.toString('latin1') ?? ''));
    if (passed !== undefined) this.#sink.end(passed, trailers);
  }

  onDrain(listener: () => void): void {
    this.#sink.onDrain(listener);
  }

  onClose(listener: () => void): void {
    this.#sink.onClose(listener);
  }

  #pass(text: string): Buffer | undefined {
    if (this.#broken) return undefined;
    try {
      return Buffer.from(this.#search.passed(text), 'latin1');
    } catch (failure) {
      this.#broken = true;
      this.#break(failure as GatewayError);
      return undefined;
    }
  }
}

/** The last position that no match can span: after a space, a quote, an angle bracket. */
function wordEnd(text: string): number {
  for (let at = text.length; at > 0; at--) {
    if (/[\s"'<>]/.test(text[at - 1] ?? '')) return at;
  }
  return text.length > MAX_WORD ? text.length : 0;
}

/** A text without spaces is cut anywhere at this size, so that it is not held for ever. */
const MAX_WORD = 64 * 1024;
