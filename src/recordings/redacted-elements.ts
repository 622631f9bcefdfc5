import { REDACTED } from './redacted-text.ts';
import type { IsSecretName } from './secret-names.ts';

const OPENING = /<([\w:.-]+)(?:\s[^<>]*)?(?<!\/)>/g;
const TEXT_WITHIN = /(^|>)([^<>]*[^<>\s][^<>]*)(?=<|$)/g;

/** XML without the texts of elements whose names say that they are secrets, and of everything within them. */
export function redactedElements(text: string, isSecret: IsSecretName): string {
  const parts: string[] = [];
  const unclosed = new Set<string>();
  let done = 0;
  for (const { 0: tag, 1: name = '', index } of text.matchAll(OPENING)) {
    if (index < done || unclosed.has(name) || !isSecret(name)) continue;
    const start = index + tag.length;
    const end = text.indexOf(`</${name}`, start);
    // Without this, a text of opening tags alone would be searched to its end for each of them.
    if (end < 0) unclosed.add(name);
    else {
      parts.push(text.slice(done, start), text.slice(start, end).replace(TEXT_WITHIN, `$1${REDACTED}`));
      done = end;
    }
  }
  return parts.join('') + text.slice(done);
}
