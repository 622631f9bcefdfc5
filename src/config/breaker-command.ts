import type { CommandMistake } from './purge-request.ts';

/** A command for a circuit, by its name in `portico breaker ls`: force it open, or close it again. */
export type BreakerCommand = { readonly open: string } | { readonly close: string };

const FORM = 'must be { "open": "<site>" } or { "close": "<site>" }';

/** Parses a breaker command from outside, or returns its mistakes. The gateway checks whether the site exists. */
export function readBreakerCommand(
  value: unknown,
): { readonly command: BreakerCommand } | { readonly mistakes: readonly CommandMistake[] } {
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
