import { parseExactly, stringifyExactly } from '../core/exact-json.ts';
import { REDACTED, redactedMarkup, redactedProse } from './redacted-text.ts';
import type { IsSecretName } from './secret-names.ts';

/** No value is nested that deep by hand; what is deeper is dropped with its secrets. */
const MAX_DEPTH = 200;

/** In front of JSON: against inclusion as a script, a call (JSONP), an assignment, a packet of socket.io, RFC 7464. */
const BEFORE =
  /^(?:|\)\]\}',?|while\(1\);|for\(;;\);|(?:\/\*\*\/ *)?[\w.$]+ ?\(|[\w.$ ]+=|\d+-?(?:\/[\w/-]+,)?\d*|\x1e)$/;
const BEHIND = /^(?:|;|\) ?;?)$/;
/** In characters. */
const MAX_AROUND = 100;

/**
 * JSON without secrets, also in a call or behind a prefix; undefined if the text is no JSON object or array. Without a
 * secret it is the same text.
 */
export function redactedJson(text: string, isSecret: IsSecretName): string | undefined {
  const start = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf(']'), text.lastIndexOf('}')) + 1;
  if (start < 0 || end <= start) return undefined;
  const [before, behind] = [text.slice(0, start), text.slice(end)];
  if (!isAround(before, BEFORE) || !isAround(behind, BEHIND)) return undefined;
  let value: unknown;
  try {
    value = parseExactly(text.slice(start, end)).exact;
  } catch {
    return undefined;
  }
  const redacted = new JsonRedaction(isSecret);
  const clean = redacted.value(value, false, 0);
  return redacted.changed ? before + stringifyExactly(clean) + behind : text;
}

function isAround(text: string, known: RegExp): boolean {
  // A byte order mark counts as a space here.
  const around = text.trim();
  return around.length <= MAX_AROUND && known.test(around);
}

/** Walks one value, and knows whether anything was replaced. */
class JsonRedaction {
  changed = false;
  readonly #isSecret: IsSecretName;

  constructor(isSecret: IsSecretName) {
    this.#isSecret = isSecret;
  }

  /** @param secret whether a name around it says so: then every text and number within is replaced. */
  value(value: unknown, secret: boolean, depth: number): unknown {
    if (depth > MAX_DEPTH) return this.#instead(null);
    if (typeof value === 'string') return this.#text(value, secret);
    if (typeof value === 'number' || typeof value === 'bigint') return secret && value !== 0 ? this.#instead(0) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(each => this.value(each, secret, depth + 1));
    const copy: object = {};
    const isNamed = this.#isNamedPair(value);
    for (const [name, each] of Object.entries(value)) {
      const shown = this.#clean(name, redactedMarkup);
      const isSecret = secret || this.#isSecret(name) || (isNamed && /^val(?:ues?)?$/i.test(name));
      const clean = this.value(each, isSecret, depth + 1);
      // An assignment to `__proto__` would make no member.
      Object.defineProperty(copy, shown, { value: clean, enumerable: true, configurable: true, writable: true });
    }
    return copy;
  }

  /** `{ "name": "password", "value": "…" }`, as forms are written in JSON. */
  #isNamedPair(value: object): boolean {
    const names = Object.entries(value).filter(([name]) => /^(?:name|key|field|id)$/i.test(name));
    return names.some(([, name]) => typeof name === 'string' && this.#isSecret(name));
  }

  #text(text: string, secret: boolean): string {
    if (!secret) return this.#clean(text, redactedProse);
    return text === '' || text === REDACTED ? text : this.#instead(REDACTED);
  }

  #clean(text: string, redacted: typeof redactedProse): string {
    const clean = redactedJson(text, this.#isSecret) ?? redacted(text, this.#isSecret);
    return clean === text ? text : this.#instead(clean);
  }

  #instead<Value>(value: Value): Value {
    this.changed = true;
    return value;
  }
}
