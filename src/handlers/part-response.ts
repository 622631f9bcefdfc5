import type { PartResponse } from '../config/part-response.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { Reply } from '../core/reply.ts';

/** Reads the fields only when `reply` does, and does not hold the body. */
export class ReadPartResponse implements PartResponse {
  readonly status: number;
  readonly #headers: HeaderList;

  constructor({ status, headers }: Reply) {
    this.status = status;
    this.#headers = headers;
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    return this.#headers.toObject();
  }

  get cookies(): Readonly<Record<string, string | undefined>> {
    const cookies: Record<string, string | undefined> = Object.create(null);
    for (const line of this.setCookie) {
      // RFC 6265 §5.2: the name ends at the first equals sign, the value at the first semicolon.
      const [pair = ''] = line.split(';', 1);
      const equals = pair.indexOf('=');
      if (equals > 0) cookies[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim();
    }
    return cookies;
  }

  get setCookie(): readonly string[] {
    return this.#headers.all('set-cookie');
  }
}
