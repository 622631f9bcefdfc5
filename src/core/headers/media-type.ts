import type { HeaderList } from './header-list.ts';

/** The media type of a message without its parameters, in lower case; '' where none is said. */
export function mediaType(headers: HeaderList): string {
  const value = headers.get('content-type') ?? '';
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
}

/**
 * An event stream lives as long as its reader likes: no total timeout, no buffering, no place in the count of calls.
 */
export function isEventStream(headers: HeaderList): boolean {
  const value = headers.get('content-type');
  return value !== undefined && EVENT_STREAM.test(value);
}

// Several stages ask of each response: a test makes no strings.
const EVENT_STREAM = /^\s*text\/event-stream\s*(?:;|$)/i;
