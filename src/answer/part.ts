import { bytesBody, collect, discard } from '../core/body.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import type { Reply } from '../core/reply.ts';
import type { Check } from '../define/schema.ts';

/** The longest answer of a backend that is read into memory, in bytes. */
export interface ReadLimit {
  readonly bytes: number;
}

/**
 * Reads a backend's answer whole and checks it, below the part's cache and breaker: what does not fit fails the call and is not stored.
 */
export class CheckedCall {
  readonly #name: string;
  readonly #check: Check | undefined;
  readonly #limit: ReadLimit;
  // What was made of bytes that were just checked, so that the first reader does not parse them again; later ones get their own copy.
  readonly #fresh = new WeakMap<Buffer, unknown>();

  constructor(name: string, check: Check | undefined, limit: ReadLimit) {
    this.#name = name;
    this.#check = check;
    this.#limit = limit;
  }

  /** A handler that answers with checked bytes. Answers other than 2xx pass as they are. */
  reading(next: Handler): Handler {
    return async x => {
      const reply = await next(x);
      if (reply.status < 200 || reply.status > 299) return reply;
      const bytes = await this.bytesOf(reply);
      this.#fresh.set(bytes, await this.checked(bytes));
      return { ...reply, body: bytesBody(bytes) };
    };
  }

  /** The value of an answer that came through the part's policies. @throws GatewayError for anything but a 2xx that fits. */
  async value(reply: Reply): Promise<unknown> {
    if (reply.status < 200 || reply.status > 299) {
      const refused = this.refused(reply.status);
      discard(reply.body, refused);
      throw refused;
    }
    const bytes = await this.bytesOf(reply);
    if (this.#fresh.has(bytes)) {
      const value = this.#fresh.get(bytes);
      this.#fresh.delete(bytes);
      return value;
    }
    return this.checked(bytes);
  }

  private bytesOf(reply: Reply): Promise<Buffer> {
    return collect(reply.body, this.#limit.bytes, () => {
      return new GatewayError('upstream.too_large', `${this.#name} answered more than ${this.#limit.bytes} bytes`);
    });
  }

  private refused(status: number): GatewayError {
    if (status >= 400 && status < 500) {
      return new GatewayError('upstream.refused', `${this.#name} answered ${status}`, {
        status,
        backendStatus: status,
      });
    }
    return new GatewayError('upstream.status', `${this.#name} answered ${status}`, { backendStatus: status });
  }

  private async checked(bytes: Buffer): Promise<unknown> {
    const value = this.parsed(bytes);
    const verdict = await this.#check?.(value);
    if (verdict === undefined) return value;
    if (verdict.errors === undefined) return verdict.value;
    const first = verdict.errors[0];
    throw new GatewayError('upstream.invalid', `${this.#name} answered something unexpected`, {
      cause: new Error(`the answer does not fit its schema: ${first?.pointer ?? ''} ${first?.detail ?? ''}`),
    });
  }

  private parsed(bytes: Buffer): unknown {
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch (cause) {
      throw new GatewayError('upstream.invalid', `${this.#name} answered something that is not JSON`, { cause });
    }
  }
}
