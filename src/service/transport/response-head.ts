import { HeaderList } from '../../core/headers/header-list.ts';
import { isHiddenFromBrowsers } from '../../core/headers/hidden.ts';
import { endToEndFilter } from '../../core/headers/hop-by-hop.ts';

/** What of a backend's head may travel on. `flat` is name, value, name, value, ... as on the wire. */
export const responseHead: (flat: readonly string[]) => HeaderList = endToEndFilter(isHiddenFromBrowsers);

export function hasUnknownCoding(flat: readonly string[]): boolean {
  const coding = new HeaderList(flat).get('transfer-encoding');
  return coding !== undefined && coding.toLowerCase() !== 'chunked';
}

/** The announced length of a body; undefined where none was announced. */
export function announcedLength(headers: HeaderList): number | undefined {
  const value = headers.get('content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}
