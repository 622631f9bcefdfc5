import { HeaderList } from '../../core/headers/header-list.ts';
import { type IncomingMessage, ServerResponse } from '../../core/node-http.ts';
import { bytesReply, type Reply } from '../../core/reply.ts';

/**
 * The substitute for the client's response in a team's hooks. The middleware writes nothing to it; fields that a hook
 * sets are added to the response headers, and a response that a hook ends is used.
 */
export class StandInResponse extends ServerResponse {
  readonly #chunks: Buffer[] = [];
  #ended = false;

  constructor(req: IncomingMessage) {
    super(req);
    // The writer of the response sets the length.
    this.sendDate = false;
  }

  // Node keeps these fields apart from those that were set before.
  override writeHead(status: number, ...rest: readonly unknown[]): this {
    const fields = rest.at(-1);
    if (typeof fields === 'object' && fields !== null) {
      for (const [name, value] of Object.entries(fields)) this.setHeader(name, value);
    }
    return super.writeHead(status);
  }

  override write(chunk: unknown): boolean {
    this.#keep(chunk);
    return true;
  }

  override end(chunk?: unknown): this {
    this.#keep(chunk);
    this.#ended = true;
    return this;
  }

  /** The response of a hook; undefined for none. */
  get response(): Reply | undefined {
    if (!this.#ended) return undefined;
    const type = this.getHeader('content-type');
    const reply = bytesReply(this.statusCode, String(type ?? 'text/plain; charset=utf-8'), Buffer.concat(this.#chunks));
    const fields = new HeaderList(this.fields).without(SAID_BY_US);
    return { ...reply, headers: reply.headers.concat(fields.flat) };
  }

  /** The fields that a hook set: name, value, name, value, ... */
  get fields(): string[] {
    return Object.entries(this.getHeaders()).flatMap(([name, value]) =>
      [value ?? []].flat().flatMap(each => [name, String(each)]),
    );
  }

  #keep(chunk: unknown): void {
    if (typeof chunk === 'string') this.#chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) this.#chunks.push(Buffer.from(chunk));
  }
}

const SAID_BY_US: ReadonlySet<string> = new Set(['content-type', 'content-length', 'transfer-encoding', 'connection']);
