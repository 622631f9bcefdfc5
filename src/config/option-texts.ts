import { hash } from 'node:crypto';
import { isCall, isService } from './service.ts';

/** Options as texts by their names: `cache.ttl` → `"1m"`. */
export type OptionTexts = Readonly<Record<string, string>>;

/** What the loader adds to a definition, beside what is written. */
const ADDED: ReadonlySet<string> = new Set(['authRules', 'allowLists', 'file']);
/** Schemas are compared as a whole. */
const SCHEMAS: ReadonlySet<string> = new Set(['response', 'params', 'query', 'body']);
const MAX_DEPTH = 4;
/** Options whose values may be secrets. */
const SECRET = /secret|key|token|password|header|cookie/i;

/**
 * The options of a definition, to compare two loads. Functions, schemas and what may be a secret are named by a hash of
 * their text.
 */
export function optionTexts(definition: object): OptionTexts {
  const texts: Record<string, string> = {};
  collect(definition, [], texts);
  return texts;
}

function collect(value: object, path: readonly string[], texts: Record<string, string>): void {
  for (const [name, option] of Object.entries(value)) {
    if (option === undefined || ADDED.has(name)) continue;
    const at = [...path, name];
    if (isGroup(option, name) && at.length < MAX_DEPTH) collect(option, at, texts);
    else
      texts[at.join('.')] = at.some(step => SECRET.test(step))
        ? `value ${shortHash(jsonOf(option))}`
        : textOf(option, name);
  }
}

/** Options with names of their own: a literal, and not a service, a schema or an object of another library. */
function isGroup(option: unknown, name: string): option is object {
  if (typeof option !== 'object' || option === null || Array.isArray(option)) return false;
  return (
    !SCHEMAS.has(name) && !isService(option) && !isCall(option) && Object.getPrototypeOf(option) === Object.prototype
  );
}

function textOf(option: unknown, name: string): string {
  if (isService(option)) return option.serviceName;
  if (isCall(option)) return `${option.service.serviceName} ${'pattern' in option ? option.pattern : ''}`.trimEnd();
  if (typeof option === 'function') return `function ${shortHash(String(option))}`;
  const text = withoutUser(jsonOf(option));
  return SCHEMAS.has(name) ? `schema ${shortHash(text)}` : text;
}

/** A function in an array has no JSON, and a circle has none at all. */
function jsonOf(option: unknown): string {
  try {
    return (
      JSON.stringify(option, (_, value: unknown) => (typeof value === 'function' ? String(value) : value)) ??
      String(option)
    );
  } catch {
    return String(option);
  }
}

/** A URL may have a password in it. */
function withoutUser(text: string): string {
  return text.replaceAll(/\/\/[^@/"\s]*@/g, '//…@');
}

function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 8);
}
