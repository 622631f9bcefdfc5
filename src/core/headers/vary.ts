import { HeaderList } from './header-list.ts';

const NONE: readonly string[] = [];

/** The request fields in `Vary` (RFC 9110 §12.5.5), in lower case and sorted, including `*`. */
export function namesInVary(headers: HeaderList): readonly string[] {
  if (!headers.has('vary')) return NONE;
  const names = new Set<string>();
  for (const line of headers.all('vary')) {
    for (const name of line.split(',')) if (name.trim() !== '') names.add(name.trim().toLowerCase());
  }
  return [...names].sort();
}

/** The same fields with these names added to `Vary`. */
export function dependingOn(names: readonly string[], headers: HeaderList): HeaderList {
  if (names.length === 0) return headers;
  const said = namesInVary(headers);
  const missing = names.filter(name => !said.includes(name));
  if (missing.length === 0 || said.includes('*')) return headers;
  return new HeaderList([...headers.flat, 'Vary', missing.join(', ')]);
}
