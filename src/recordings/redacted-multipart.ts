import { REDACTED } from './redacted-text.ts';
import type { IsSecretName } from './secret-names.ts';

/** What separates the parts of a form (RFC 2046 §5.1.1); of its first line, where the media type does not say it. */
export function delimiterOf(text: string, contentType: string): string | undefined {
  const named = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  const boundary = named?.[1] ?? named?.[2];
  return boundary === undefined ? /^\s*(--[^\r\n]+)/.exec(text.slice(0, 200))?.[1] : `--${boundary}`;
}

/** A field's name; quotes are missing in forms of simple programs. */
const NAME = /\bname\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i;
/** RFC 2046 §5.1.1: an empty line; some programs write line feeds only. */
const HEAD_END = /\r?\n\r?\n/;

/** The parts of a form, without the secret ones (RFC 7578). @param redacted cleans the content of any other one. */
export function redactedMultipart(
  text: string,
  delimiter: string,
  isSecret: IsSecretName,
  redacted: (content: string) => string,
): string {
  const parts = text.split(delimiter).map(part => {
    const end = HEAD_END.exec(part);
    if (end === null) return redacted(part);
    const start = end.index + end[0].length;
    const head = part.slice(0, end.index);
    const content = part.slice(start);
    const name = NAME.exec(head);
    const lineEnd = /\r?\n$/.exec(content)?.[0] ?? '';
    const clean = isSecret(name?.[1] ?? name?.[2] ?? '') ? REDACTED + lineEnd : redacted(content);
    return part.slice(0, start) + clean;
  });
  return parts.join(delimiter);
}
