import type { LoadedRate } from '../config/loaded-route.ts';
import type { Rate, RateRule } from '../config/rate-limit.ts';

type WrittenRates = Readonly<Record<string, Rate | RateRule<never> | false>> | false | undefined;

/** Options of a file with its rate limits marked as its own, so that those who inherit them share a count. */
export function withOwnRates<T extends { readonly rateLimit?: unknown }>(file: string, options: T): T {
  const limits = options.rateLimit as WrittenRates;
  if (limits === undefined || limits === false) return options;
  const own = Object.entries(limits).map(([name, rule]): readonly [string, LoadedRate | false] => {
    if (rule === false) return [name, false];
    return [name, { ...(typeof rule === 'string' ? { rate: rule } : (rule as RateRule<never>)), file } as LoadedRate];
  });
  return { ...options, rateLimit: Object.fromEntries(own) };
}
