import { createHmac } from 'node:crypto';
import { isCall, isService } from './service.ts';

/** Options as texts by their names: `cache.ttl` → `"1m"`. */
export type OptionTexts = Readonly<Record<string, string>>;

/** What the loader adds to a definition, beside what is written. */
const ADDED: ReadonlySet<string> = new Set(['authRules', 'allowLists', 'file']);

/** Options whose values are no secrets. Of all others only a hash is shown, so that a new option cannot leak one. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['proxy', 'from', 'method', 'dependsOn', 'optional', 'concurrency', 'stream', 'static', 'redirect', 'handler'],
  ...['cache', 'timeout', 'retry', 'breaker', 'hedge', 'limits', 'priority', 'compress', 'upgrade', 'encodedSlashes'],
  ...['allow', 'allowedOrigins', 'cors', 'csrf', 'rateLimit', 'purges', 'fallback', 'guard', 'reply', 'each', 'batch'],
  ...['targets', 'balance', 'ejection', 'slowStart', 'health', 'canary', 'mirror', 'pass', 'public', 'expose'],
  ...['cacheGroups', 'responseHeaders', 'trustedProxies', 'strippedRequestHeaders', 'serverTiming', 'leakGuard'],
  ...['origin', 'apiDocs', 'host'],
]);
const SCHEMAS: ReadonlySet<string> = new Set(['response', 'params', 'query', 'body']);
/** Names below these that may hold a secret all the same. */
const SECRET = /secret|key|token|pass(?:word|phrase)|header|cookie|credential/i;
const MAX_DEPTH = 6;

/**
 * The options of a definition, to compare two loads. What may be a secret, functions and schemas are named by a hash.
 * @param key of the hash: nobody can guess a short secret by trying, and two loads with one key can be compared.
 */
export function optionTexts(definition: object, key: string): OptionTexts {
  return new OptionReader(key).of(definition);
}

class OptionReader {
  readonly #key: string;
  readonly #texts: Record<string, string> = {};

  constructor(key: string) {
    this.#key = key;
  }

  of(definition: object): OptionTexts {
    this.#collect(definition, []);
    return this.#texts;
  }

  #collect(value: object, path: readonly string[]): void {
    for (const [name, option] of Object.entries(value)) {
      if (option === undefined || (path.length === 0 && ADDED.has(name))) continue;
      const at = [...path, name];
      if (isGroup(option, name) && at.length < MAX_DEPTH) this.#collect(option, at);
      else this.#texts[at.join('.')] = this.#text(option, at);
    }
  }

  #text(option: unknown, path: readonly string[]): string {
    const name = path.at(-1) ?? '';
    if (SCHEMAS.has(name)) return `schema ${this.#hash(jsonOf(option))}`;
    // A service is a function, too.
    if (isService(option)) return option.serviceName;
    if (isCall(option)) return `${option.service.serviceName} ${'pattern' in option ? option.pattern : ''}`.trimEnd();
    if (typeof option === 'function') return `function ${this.#hash(String(option))}`;
    const shown = isShown(path) ? shownText(option) : undefined;
    return shown ?? `value ${this.#hash(jsonOf(option))}`;
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex').slice(0, 8);
  }
}

/** The options of a part stand below its name. */
function isShown(path: readonly string[]): boolean {
  const own = path[0] === 'aggregate' ? path.slice(2) : path;
  return SHOWN.has(own[0] ?? '') && !own.slice(1).some(step => SECRET.test(step));
}

/** Options with names of their own: a literal, and not a service, a schema or an object of another library. */
function isGroup(option: unknown, name: string): option is object {
  if (typeof option !== 'object' || option === null || Array.isArray(option) || SCHEMAS.has(name)) return false;
  return !isService(option) && !isCall(option) && Object.getPrototypeOf(option) === Object.prototype;
}

/** Undefined for what is no plain value, and for a URL that cannot be read: it may have a password in it. */
function shownText(option: unknown): string | undefined {
  if (Array.isArray(option)) {
    const texts = option.map(each => (Array.isArray(each) ? undefined : shownText(each)));
    return texts.includes(undefined) ? undefined : `[${texts.join(', ')}]`;
  }
  if (typeof option === 'string') return option.includes('://') ? urlText(option) : JSON.stringify(option);
  return typeof option === 'object' && option !== null ? undefined : String(option);
}

/** Without user, password and query. */
function urlText(text: string): string | undefined {
  const url = URL.parse(text);
  return url === null ? undefined : JSON.stringify(`${url.protocol}//${url.host}${url.pathname}`);
}

/** A function in it counts by its text, and a circle has no JSON at all. */
function jsonOf(option: unknown): string {
  try {
    const text = JSON.stringify(option, (_, value: unknown) => (typeof value === 'function' ? String(value) : value));
    return text ?? String(option);
  } catch {
    return '';
  }
}
