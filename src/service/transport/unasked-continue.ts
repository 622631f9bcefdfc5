import { Socket } from 'node:net';

/** `HTTP/1.1 103` */
const START_LENGTH = 12;
/** An informational response that others may follow; a 101 ends HTTP on its connection. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d/;
const BEGINNING_OF_INTERIM = /^(?:H|HT|HTT|HTTP|HTTP\/|HTTP\/1|HTTP\/1\.|HTTP\/1\.[01]|HTTP\/1\.[01] (?:1\d?)?)$/;
/** Maximum size of an informational response, in bytes; a longer one is left to the parser. */
const MAX_LENGTH = 16 * 1024;
const BLANK_LINE = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);

/**
 * Removes each 100 Continue before a backend's response. A client must accept an unexpected informational response (RFC
 * 9110 §15.2); undici treats one as malformed, and the request would be repeated.
 */
export function withoutUnaskedContinue<T>(socket: T): T {
  if (!(socket instanceof Socket)) return socket;
  const { read, write } = socket;
  let beforeResponse = false;
  let held: Buffer = NOTHING;
  return Object.assign(socket, {
    // undici writes the head of a request as a string; its other strings are chunk sizes.
    write(chunk: string | Uint8Array, encoding?: BufferEncoding, written?: (error?: Error | null) => void): boolean {
      if (typeof chunk === 'string' && chunk.charCodeAt(0) >= LETTER_A) beforeResponse = true;
      return write.call(socket, chunk, encoding, written);
    },
    read(size?: number): Buffer | null {
      let chunk: Buffer | null = read.call(socket, size);
      while (beforeResponse && chunk !== null) {
        if (held.length === 0 && isResponse(chunk)) {
          beforeResponse = false;
          return chunk;
        }
        const { passed, rest } = takenApart(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
        beforeResponse = rest !== undefined;
        held = rest ?? NOTHING;
        if (passed.length > 0) return passed;
        chunk = read.call(socket);
      }
      return chunk;
    },
  });
}

/** The bytes for the parser, and those that wait for more; undefined once the response itself has begun. */
function takenApart(bytes: Buffer): { readonly passed: Buffer; readonly rest: Buffer | undefined } {
  let at = 0;
  const passed: Buffer[] = [];
  for (;;) {
    const start = bytes.toString('latin1', at, at + START_LENGTH);
    const end = INTERIM.test(start) ? bytes.indexOf(BLANK_LINE, at) : -1;
    if (end < 0) {
      const rest = bytes.subarray(at);
      if (isUndecided(start) && rest.length < MAX_LENGTH) return { passed: Buffer.concat(passed), rest };
      return { passed: passed.length === 0 ? rest : Buffer.concat([...passed, rest]), rest: undefined };
    }
    const next = end + BLANK_LINE.length;
    if (!start.endsWith('100')) passed.push(bytes.subarray(at, next));
    at = next;
  }
}

/** A request begins with the capital letters of its method, and a chunk size with a line end. */
const LETTER_A = 'A'.charCodeAt(0);
const CLASS_OF_STATUS = 'HTTP/1.1 '.length;
const ONE = '1'.charCodeAt(0);

/** Whether the bytes begin with a status line that is not an interim response: the common case, without a text. */
function isResponse(bytes: Buffer): boolean {
  return bytes.length >= START_LENGTH && bytes[CLASS_OF_STATUS] !== ONE;
}

function isUndecided(start: string): boolean {
  return start === '' || BEGINNING_OF_INTERIM.test(start) || INTERIM.test(start);
}
