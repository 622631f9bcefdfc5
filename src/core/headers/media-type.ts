import { memoize } from '../memoize.ts';
import type { HeaderList } from './header-list.ts';

/** The media type of a message without parameters, in lower case; '' for none. */
export function mediaType(headers: HeaderList): string {
  const value = headers.get('content-type');
  return value === undefined ? '' : typeIn(value);
}

const typeIn = memoize((value): string => {
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
});

/** An event stream lasts as long as its reader wants: no total timeout, no buffering, not counted as a call. */
export function isEventStream(headers: HeaderList): boolean {
  const value = headers.get('content-type');
  return value !== undefined && EVENT_STREAM.test(value);
}

// Several stages test each response; a regular expression test allocates no strings.
const EVENT_STREAM = /^\s*text\/event-stream\s*(?:;|$)/i;
