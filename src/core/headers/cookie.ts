import type { HeaderList } from './header-list.ts';

/** The raw value of a cookie; the first one of several, as most servers read them. */
export function cookieOf(headers: HeaderList, name: string): string | undefined {
  for (const line of headers.all('cookie')) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}
