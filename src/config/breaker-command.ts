import type { PurgeRequestMistake } from './purge-request.ts';

/**
 * What an operator wants of a circuit, by what `portico breaker ls` calls it: to hold it open, or to close it, which
 * ends a hold.
 */
export type BreakerCommand = { readonly open: string } | { readonly close: string };

const FORM = 'must be { "open": "<site>" } or { "close": "<site>" }';

/** A breaker command from outside, or its mistakes. Whether the site exists is for the gateway to check. */
export function readBreakerCommand(
  value: unknown,
): { readonly command: BreakerCommand } | { readonly mistakes: readonly PurgeRequestMistake[] } {
  const [entry, ...others] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entry === undefined || others.length > 0) return { mistakes: [{ pointer: '', detail: FORM }] };
  const [does, site] = entry;
  if (does !== 'open' && does !== 'close') return { mistakes: [{ pointer: '', detail: FORM }] };
  if (typeof site !== 'string' || site === '') {
    return { mistakes: [{ pointer: `/${does}`, detail: 'must be a site, like "GET /api/products/{id}"' }] };
  }
  return { command: value as BreakerCommand };
}

export function siteOf(command: BreakerCommand): string {
  return 'open' in command ? command.open : command.close;
}
