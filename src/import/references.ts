import { pointerBelow } from '../config/verdict.ts';
import { isObject } from '../openapi/schema-object.ts';
import type { ImportReport } from './import-report.ts';

/** A value of the document and its JSON pointer. */
export interface Placed<T = unknown> {
  readonly pointer: string;
  readonly value: T;
}

type Members = Readonly<Record<string, unknown>>;

const BUNDLE = 'put everything into one document, for example with: npx @redocly/cli bundle openapi.yaml';

/** Follows the references of a document. Those that lead nowhere, or into another document, are mistakes. */
export class References {
  readonly #root: Members;
  readonly #report: ImportReport;

  constructor(root: Members, report: ImportReport) {
    this.#root = root;
    this.#report = report;
  }

  /** The object itself, or the one that its `$ref` leads to; undefined after a mistake, and for what is no object. */
  object(value: unknown, pointer: string): Placed<Members> | undefined {
    let at: Placed = { pointer, value };
    const passed = new Set<string>();
    while (isObject(at.value) && typeof at.value.$ref === 'string') {
      const target = this.target(at.value.$ref, at.pointer);
      if (target === undefined) return undefined;
      if (passed.has(target.pointer)) {
        this.#report.mistake(pointer, '"$ref" leads back to itself', 'refer to an object');
        return undefined;
      }
      passed.add(target.pointer);
      at = target;
    }
    return isObject(at.value) ? { pointer: at.pointer, value: at.value } : undefined;
  }

  /** Where a reference leads. @param pointer of the object that has it. */
  target(reference: string, pointer: string): Placed | undefined {
    if (!reference.startsWith('#')) {
      const message = `"$ref" leads to another document, ${JSON.stringify(reference)}, which is not followed`;
      this.#report.mistake(pointerBelow(pointer, '$ref'), message, BUNDLE);
      return undefined;
    }
    const found = this.#at(reference.slice(1));
    if (found !== undefined) return found;
    const isAnchor = /^#[^/]/.test(reference);
    const [message, remedy] = isAnchor
      ? ['"$ref" names an "$anchor", which is not followed', 'refer to its place: #/components/schemas/NAME']
      : ['"$ref" leads nowhere', 'correct it, or add what it refers to'];
    this.#report.mistake(pointerBelow(pointer, '$ref'), `${message}: ${JSON.stringify(reference)}`, remedy);
    return undefined;
  }

  #at(fragment: string): Placed | undefined {
    if (fragment !== '' && !fragment.startsWith('/')) return undefined;
    let value: unknown = this.#root;
    let pointer = '';
    for (const step of fragment.split('/').slice(1)) {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = value[name as keyof typeof value];
      pointer = pointerBelow(pointer, name);
    }
    return { pointer, value };
  }
}

/** RFC 6901 §6: a fragment is percent-encoded. */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
