import { HeaderList } from './header-list.ts';

/** The request fields that a response depends on (RFC 9110 §12.5.5), in lower case and in order. `*` is one of them. */
export function namesInVary(headers: HeaderList): string[] {
  const names = new Set<string>();
  for (const line of headers.all('vary')) {
    for (const name of line.split(',')) if (name.trim() !== '') names.add(name.trim().toLowerCase());
  }
  return [...names].sort();
}

/** The same response, which says that it depends on these fields, too. */
export function dependingOn(names: readonly string[], headers: HeaderList): HeaderList {
  if (names.length === 0) return headers;
  const said = namesInVary(headers);
  const missing = names.filter(name => !said.includes(name));
  if (missing.length === 0 || said.includes('*')) return headers;
  return new HeaderList([...headers.flat, 'Vary', missing.join(', ')]);
}
