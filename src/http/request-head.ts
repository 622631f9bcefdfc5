import { precomputed } from '../core/failure.ts';
import { isHopByHop, namedIn } from '../core/headers/hop-by-hop.ts';

/** What one pass over the fields of a request finds. */
export interface RequestHead {
  /** What may travel on: name, value, name, value, ... The reader's own list, to be added to. */
  readonly kept: string[];
  readonly host: string | undefined;
  readonly length: string | undefined;
  readonly coding: string | undefined;
  readonly via: string | undefined;
}

/** What becomes of a field, by its name. */
type Fate = 'kept' | 'dropped' | 'connection' | 'host' | 'length' | 'coding' | 'via';

const OWN_FATE: ReadonlyMap<string, Fate> = new Map<string, Fate>([
  ['connection', 'connection'],
  ['host', 'host'],
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['via', 'via'],
  // Answered here, never forwarded.
  ['expect', 'dropped'],
]);

const NOT_ONE_HOST = precomputed('request.malformed', 'The Host header is not one host');
const NOT_ONE_LENGTH = precomputed('request.malformed', 'The Content-Length header is not one length');

/** Names of fields are the sender's to invent: no more of them are remembered than this. */
const MOST_NAMES = 1_000;

/** Reads the fields of every request, once each. A name that was seen before, as it was written, costs one look-up. */
export class HeadReader {
  readonly #fates = new Map<string, Fate>();
  readonly #isAsserted: (lowerName: string) => boolean;

  /** @param isAsserted whether only the gateway may write the field of that lower-case name. */
  constructor(isAsserted: (lowerName: string) => boolean) {
    this.#isAsserted = isAsserted;
  }

  /** @throws GatewayError `request.malformed` for what two programs may read differently. */
  read(flat: readonly string[]): RequestHead {
    const kept: string[] = [];
    let named: Set<string> | undefined;
    let host: string | undefined;
    let length: string | undefined;
    let coding: string | undefined;
    let via: string | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] ?? '';
      const value = flat[i + 1] ?? '';
      switch (this.#fates.get(name) ?? this.judge(name)) {
        case 'kept':
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
          coding = joined(coding, value);
          break;
        case 'via':
          via = joined(via, value);
      }
    }
    return { kept: named === undefined ? kept : without(kept, named), host, length, coding, via };
  }

  private judge(name: string): Fate {
    const fate = this.fateOf(name.toLowerCase());
    if (this.#fates.size < MOST_NAMES) this.#fates.set(name, fate);
    return fate;
  }

  private fateOf(lowerName: string): Fate {
    const own = OWN_FATE.get(lowerName);
    if (own !== undefined) return own;
    return isHopByHop(lowerName) || this.#isAsserted(lowerName) ? 'dropped' : 'kept';
  }
}

const DIGITS = /^\d+$/;

// RFC 9110 §5.3: repeated lines of a list field mean one line joined by commas.
function joined(earlier: string | undefined, value: string): string {
  return earlier === undefined ? value : `${earlier}, ${value}`;
}

function without(flat: readonly string[], names: ReadonlySet<string>): string[] {
  return flat.filter((_, i) => !names.has((flat[i - (i % 2)] ?? '').toLowerCase()));
}
