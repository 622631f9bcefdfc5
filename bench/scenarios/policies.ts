import type { Bench } from './bench.ts';
import { type Entry, measureLoad } from './load-scenario.ts';

/** The routes of the scenario: those of `gateway/routes/policies/`, and what their row is called. */
const OTHERS = [
  ['default', 'no option'],
  ['none', 'everything off'],
  ['without/compress', 'without compress'],
  ['without/timeout', 'without timeout'],
  ['without/retry', 'without retry'],
  ['without/breaker', 'without breaker'],
  ['without/hedge', 'without hedge'],
  ['without/guard', 'without guard'],
  ['without/query', 'without query schema'],
  ['without/headers', 'without headers'],
  ['without/limit', 'without concurrency limit'],
  ['without/ejection', 'without ejection'],
] as const;

/** The same proxied request with every policy, with none, and with one off at a time. */
export async function policies(bench: Bench): Promise<void> {
  const [peer] = await bench.start('portico');
  if (peer === undefined) return;
  const entry = (name: string, route: string): Entry => ({ name, peer, request: { path: `/policies/${route}` } });
  await measureLoad(bench, {
    id: 'policies',
    title: 'Policies of a proxied route, and the cost of each',
    entries: [entry('portico', 'every'), ...OTHERS.map(([route, name]) => entry(name, route))],
    requests: 300,
    warmUp: bench.settings.warmUp / 4,
    notes: [
      '`portico` has guard, query schema, compress, timeout, breaker, retry, hedge, headers and the limit of its service',
      'the ratio to a row without one policy, less 1, is what this policy costs',
    ],
  });
}
