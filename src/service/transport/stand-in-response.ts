import { type IncomingMessage, ServerResponse } from 'node:http';
import { HeaderList } from '../../core/headers/header-list.ts';
import { bytesReply, type Reply } from '../../core/reply.ts';

/**
 * What a team's hooks are given in place of the client's response. The middleware writes nothing to it; what a hook
 * sets is added to the answer's head, and what a hook ends is the response.
 */
export class StandInResponse extends ServerResponse {
  readonly #chunks: Buffer[] = [];
  #ended = false;

  constructor(req: IncomingMessage) {
    super(req);
    // The writer of the response sets the length.
    this.sendDate = false;
  }

  // Node keeps what is given here apart from what was set before.
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

  /** What a hook answered; undefined where none did. */
  get response(): Reply | undefined {
    if (!this.#ended) return undefined;
    const type = this.getHeader('content-type');
    const reply = bytesReply(this.statusCode, String(type ?? 'text/plain; charset=utf-8'), Buffer.concat(this.#chunks));
    const fields = new HeaderList(this.fields).without(SAID_BY_US);
    return { ...reply, headers: reply.headers.concat(fields.flat) };
  }

  /** What a hook set: name, value, name, value, ... */
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
