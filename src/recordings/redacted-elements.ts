import { REDACTED } from './redacted-text.ts';
import type { IsSecretName } from './secret-names.ts';

interface Tag {
  readonly kind: 'opening' | 'closing' | 'empty' | 'cdata';
  /** In lower case. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const TAG = /<!\[CDATA\[|<(\/?)([\w:.-]+)(?:\s[^<>]*)?\/?>/g;
const CDATA = ['<![CDATA[', ']]>'] as const;

/** XML without the texts of elements whose names say that they are secrets, and of everything within them. */
export function redactedElements(text: string, isSecret: IsSecretName): string {
  const tags = tagsOf(text);
  const closings = new Map<string, number>();
  for (const { kind, name } of tags) if (kind === 'closing') closings.set(name, (closings.get(name) ?? 0) + 1);
  const parts: string[] = [];
  let secret: string | undefined;
  let depth = 0;
  let done = 0;
  for (const tag of tags) {
    const { kind, name, start, end } = tag;
    const isWithin = secret !== undefined;
    parts.push(isWithin ? redactedText(text.slice(done, start)) : text.slice(done, start));
    parts.push(isWithin && kind === 'cdata' ? redactedCdata(text.slice(start, end)) : text.slice(start, end));
    done = end;
    if (kind === 'closing') closings.set(name, (closings.get(name) ?? 0) - 1);
    // An element without an end has no text.
    const isClosed = (closings.get(name) ?? 0) > 0;
    if (secret === undefined && kind === 'opening' && isClosed && isSecret(name)) [secret, depth] = [name, 1];
    else if (name === secret && kind !== 'empty') {
      depth += kind === 'opening' ? 1 : -1;
      if (depth === 0 || !isClosed) secret = undefined;
    }
  }
  return parts.join('') + text.slice(done);
}

function tagsOf(text: string): readonly Tag[] {
  const tags: Tag[] = [];
  const pattern = new RegExp(TAG);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { 0: tag, 1: slash, 2: name, index: start } = match;
    if (name === undefined) {
      const close = text.indexOf(CDATA[1], pattern.lastIndex);
      pattern.lastIndex = close < 0 ? text.length : close + CDATA[1].length;
    }
    const kind = name === undefined ? 'cdata' : slash === '/' ? 'closing' : tag.endsWith('/>') ? 'empty' : 'opening';
    tags.push({ kind, name: name?.toLowerCase() ?? '', start, end: pattern.lastIndex });
  }
  return tags;
}

function redactedText(text: string): string {
  return text.trim() === '' ? text : REDACTED;
}

function redactedCdata(text: string): string {
  return CDATA[0] + redactedText(text.slice(CDATA[0].length).replace(CDATA[1], '')) + CDATA[1];
}
