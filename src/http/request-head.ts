import type { IncomingMessage } from 'node:http';
import { precomputed } from '../core/failure.ts';
import { isHopByHop, namedIn } from '../core/headers/hop-by-hop.ts';
import type { ServerLimits } from './server-limits.ts';

/** The result of one pass over the fields of a request. */
export interface RequestHead {
  /** The fields that may be forwarded: name, value, name, value, ... */
  readonly kept: readonly string[];
  readonly host: string | undefined;
  readonly length: string | undefined;
  readonly encoding: string | undefined;
  readonly via: string | undefined;
  /** Whether the request asks for another protocol. */
  readonly upgrade: boolean;
}

/** The handling of a field, by its name. */
type Fate =
  | 'kept'
  | 'dropped'
  | 'refused'
  | 'connection'
  | 'host'
  | 'length'
  | 'coding'
  | 'via'
  | 'cookie'
  | 'tags'
  | 'upgrade';

const OWN_FATE: ReadonlyMap<string, Fate> = new Map<string, Fate>([
  ['connection', 'connection'],
  ['host', 'host'],
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['via', 'via'],
  ['cookie', 'cookie'],
  ['upgrade', 'upgrade'],
  ['if-none-match', 'tags'],
  ['if-match', 'tags'],
  ['if-range', 'tags'],
  // Handled by the gateway, never forwarded.
  ['expect', 'dropped'],
]);

const NOT_ONE_HOST = precomputed('request.malformed', 'The Host header is not one host');
const NOT_ONE_LENGTH = precomputed('request.malformed', 'The Content-Length header is not one length');
const UNDERSCORE = precomputed('request.malformed', 'The name of a header holds an underscore');
const NO_TEXT = precomputed('request.malformed', 'The value of a header holds bytes that are no ASCII');
// llhttp parses such headers by the rules of HTTP/1.1, which is not the protocol of the request.
const NO_VERSION = precomputed('request.malformed', 'HTTP/1.1 and HTTP/1.0 are spoken here', { status: 505 });
const OLD_ENCODING = precomputed('request.malformed', 'HTTP/1.0 has no transfer codings');
const TOO_MANY = precomputed('request.head_too_large', 'The request has too many headers');
const TOO_LARGE = precomputed('request.head_too_large', 'The headers of the request are too large');
const COOKIES = precomputed('request.head_too_large', 'The cookies of the request are too large');

/** Senders can invent field names, so the number of remembered ones is limited. */
const MAX_NAMES = 1_000;

// RFC 9110 §5.5: obs-text has no interoperable meaning.
const NO_ASCII = /[^\t\x20-\x7e]/;
// RFC 9110 §8.8.3: an entity tag may contain it, and a client returns the tag that it received.
const NO_TAGS = /[^\t\x20-\x7e\x80-\xff]/;

// In addition to name and value a field takes a colon, a space and a line end.
const AROUND = 4;

/** Reads the fields of every request in one pass. A name that was seen before in the same case costs one lookup. */
export class HeadReader {
  readonly #fates = new Map<string, Fate>();
  readonly #isAsserted: (lowerName: string) => boolean;
  readonly #limits: ServerLimits;

  /** @param isAsserted whether only the gateway may write the field with that lower-case name. */
  constructor(isAsserted: (lowerName: string) => boolean, limits: ServerLimits) {
    this.#isAsserted = isAsserted;
    this.#limits = limits;
  }

  /** @throws GatewayError `request.malformed` for ambiguous fields, `request.head_too_large` beyond a limit. */
  read({ rawHeaders: flat, httpVersion }: IncomingMessage): RequestHead {
    const { headers, head, cookies } = this.#limits;
    if (httpVersion !== '1.1' && httpVersion !== '1.0') throw NO_VERSION;
    if (flat.length > 2 * headers) throw TOO_MANY;
    const kept: string[] = [];
    let size = 0;
    let cookieSize = 0;
    let named: Set<string> | undefined;
    let host: string | undefined;
    let length: string | undefined;
    let encoding: string | undefined;
    let via: string | undefined;
    let upgrade = false;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] ?? '';
      const value = flat[i + 1] ?? '';
      const fate = this.#fates.get(name) ?? this.#judge(name);
      size += name.length + value.length + AROUND;
      if (fate !== 'cookie' && (fate === 'tags' ? NO_TAGS : NO_ASCII).test(value)) throw NO_TEXT;
      switch (fate) {
        case 'kept':
        case 'tags':
          kept.push(name, value);
          break;
        case 'connection':
          named = namedIn(value, named);
          break;
        case 'host':
          // RFC 9112 §3.2: exactly one.
          if (host !== undefined) throw NOT_ONE_HOST;
          host = value;
          break;
        case 'length':
          if (length !== undefined || !DIGITS.test(value)) throw NOT_ONE_LENGTH;
          length = value;
          break;
        case 'coding':
          encoding = joined(encoding, value);
          break;
        case 'via':
          via = joined(via, value);
          break;
        case 'cookie':
          cookieSize += value.length;
          kept.push(name, value);
          break;
        case 'upgrade':
          upgrade = true;
          break;
        case 'refused':
          // Gateways of other protocols (CGI and its successors) read it as a hyphen.
          throw UNDERSCORE;
      }
    }
    if (size > head) throw TOO_LARGE;
    if (cookieSize > cookies) throw COOKIES;
    // RFC 9112 §6.1: the end of such a message is undefined.
    if (encoding !== undefined && httpVersion === '1.0') throw OLD_ENCODING;
    return { kept: named === undefined ? kept : without(kept, named), host, length, encoding, via, upgrade };
  }

  #judge(name: string): Fate {
    const fate = this.#fateOf(name.toLowerCase());
    if (this.#fates.size < MAX_NAMES) this.#fates.set(name, fate);
    return fate;
  }

  #fateOf(lowerName: string): Fate {
    const own = OWN_FATE.get(lowerName);
    if (own !== undefined) return own;
    if (lowerName.includes('_')) return 'refused';
    return isHopByHop(lowerName) || this.#isAsserted(lowerName) ? 'dropped' : 'kept';
  }
}

const DIGITS = /^\d+$/;

// RFC 9110 §5.3: repeated lines of a list field equal one line joined by commas.
function joined(earlier: string | undefined, value: string): string {
  return earlier === undefined ? value : `${earlier}, ${value}`;
}

function without(flat: readonly string[], names: ReadonlySet<string>): string[] {
  return flat.filter((_, i) => !names.has((flat[i - (i % 2)] ?? '').toLowerCase()));
}
