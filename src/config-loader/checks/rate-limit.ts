import type { GatewayOptions } from '../../config/gateway.ts';
import { parseRate } from '../../config/rate-limit.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck, RouteFile } from '../route-file.ts';

/** The limits that need no key: of a client's address, and of the subject that a guard names. */
const BUILT_IN: ReadonlySet<string> = new Set(['address', 'user']);

export const checkRateLimit: RouteCheck = ({ file, written, merged }) => [
  ...rateDrafts(file, written.rateLimit),
  ...userless(file, merged),
];

/** The mistakes of one file's own limits. */
export function rateDrafts(file: string, limits: unknown): readonly ProblemDraft[] {
  return Object.entries(objectOf(limits)).flatMap(([name, rule]): readonly ProblemDraft[] => {
    if (rule === false) return [];
    const path = ['rateLimit', name];
    const { rate, key } = objectOf(typeof rule === 'string' ? { rate: rule } : rule);
    const drafts: ProblemDraft[] = [];
    if (typeof rate === 'string' && parseRate(rate) === undefined) {
      drafts.push({
        code: 'P153',
        marks: [option(file, typeof rule === 'string' ? path : [...path, 'rate'])],
        message: `"${rate}" is no rate`,
        remedy: "write a number of requests and a time: '300/1m'",
      });
    }
    const isBuiltIn = BUILT_IN.has(name);
    if (isBuiltIn === (key !== undefined)) {
      drafts.push({
        code: 'P153',
        marks: [option(file, isBuiltIn ? [...path, 'key'] : path)],
        message: isBuiltIn
          ? `the limit "${name}" has a key of its own`
          : `nothing says whose requests the limit "${name}" counts`,
        remedy: isBuiltIn
          ? 'remove `key`, or give the limit another name'
          : 'write key: c => …, or name the limit `address` or `user`',
      });
    }
    return drafts;
  });
}

function userless(file: string, { rateLimit, guard }: RouteFile['merged']): readonly ProblemDraft[] {
  if (guard !== undefined || !objectOf(rateLimit).user) return [];
  return [
    {
      code: 'P154',
      marks: [option(file, ['rateLimit', 'user'])],
      message: 'no guard names the user whose requests are counted',
      remedy: 'add a guard that returns { subject } to the route or its folder, or count by `address`',
    },
  ];
}

/**
 * Behind a proxy that is not trusted, all clients have the address of the proxy: one could lock out the others, or all
 * of them would be allowed.
 */
export function checkAddresses(
  { trustedProxies }: GatewayOptions,
  routes: readonly RouteFile[],
): readonly ProblemDraft[] {
  if (trustedProxies !== undefined) return [];
  const counting = routes.find(({ merged }) => objectOf(merged.rateLimit).address);
  const using = counting ?? routes.find(({ merged }) => merged.allowLists !== undefined);
  if (using === undefined) return [];
  const isCounted = using === counting;
  return [
    {
      code: 'P155',
      marks: [option(using.file, isCounted ? ['rateLimit', 'address'] : ['allow'])],
      message: `requests are ${isCounted ? 'counted' : 'allowed'} by address, and nothing says which proxies are in front of the gateway`,
      remedy:
        "write trustedProxies: ['10.0.0.0/8'] in portico.config.ts, or [] if clients connect to the gateway itself",
    },
  ];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
