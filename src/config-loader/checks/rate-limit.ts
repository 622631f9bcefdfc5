import type { GatewayOptions } from '../../config/gateway.ts';
import { MAX_BURST_MS, parseRate } from '../../config/rate-limit.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck, RouteFile } from '../route-file.ts';

/** A token of structured fields, which responses carry (RFC 9651). */
const NAME = /^[a-z][\w-]*$/;

/** The limits that need no key: of a client's address, and of the subject that a guard names. */
const BUILT_IN: ReadonlySet<string> = new Set(['address', 'user']);

export const checkRateLimit: RouteCheck = ({ file, written, merged }) => [
  ...rateDrafts(file, written.rateLimit),
  ...userless(file, written, merged),
];

/** The mistakes of one file's own limits. */
export function rateDrafts(file: string, limits: unknown): readonly ProblemDraft[] {
  return Object.entries(objectOf(limits)).flatMap(([name, rule]): readonly ProblemDraft[] => {
    if (rule === false) return [];
    const path = ['rateLimit', name];
    const { rate, burst, key } = objectOf(typeof rule === 'string' ? { rate: rule } : rule);
    const drafts: ProblemDraft[] = [];
    if (!NAME.test(name)) {
      drafts.push({
        code: 'P153',
        marks: [option(file, path, 'key')],
        message: `"${name}" is no name for a limit`,
        remedy: 'write a small letter, followed by letters, digits, - and _',
      });
    }
    const numbers = typeof rate === 'string' ? parseRate(rate) : undefined;
    if (numbers === undefined) {
      drafts.push({
        code: 'P153',
        marks: [option(file, typeof rule === 'string' ? path : [...path, 'rate'])],
        message: `${JSON.stringify(rate)} is no rate`,
        remedy: "write at most a million requests, and a time of whole seconds up to 366 days: '300/1m'",
      });
    } else if (typeof burst === 'number' && (burst * numbers.periodMs) / numbers.count > MAX_BURST_MS) {
      drafts.push({
        code: 'P153',
        marks: [option(file, [...path, 'burst'])],
        message: `a burst of ${burst} would be allowed again after more than ten years`,
        remedy: 'write a smaller burst, or a higher rate',
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

function userless(
  file: string,
  written: RouteFile['written'],
  { rateLimit, guard, authRules }: RouteFile['merged'],
): readonly ProblemDraft[] {
  if (guard || authRules?.required === true || !objectOf(rateLimit).user) return [];
  // A route that everybody may call has nobody to count, and its folder counts the others.
  if (guard === false && !objectOf(written.rateLimit).user) return [];
  return [
    {
      code: 'P154',
      marks: [option(file, ['rateLimit', 'user'])],
      message:
        authRules === undefined
          ? 'nothing names the user whose requests are counted'
          : 'requests without a user are not counted, and `auth` lets them through',
      remedy:
        authRules === undefined
          ? 'add `auth`, or a guard that returns { subject }, to the route or its folder, or count by `address`'
          : "write auth: 'required', or count by `address`",
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
  const counting = routes.find(({ merged }) => isRate(objectOf(merged.rateLimit).address));
  const using = counting ?? routes.find(({ merged }) => merged.allowLists !== undefined);
  if (using === undefined) return [];
  const isCounted = using === counting;
  return [
    {
      code: 'P155',
      marks: [option(using.file, isCounted ? ['rateLimit', 'address'] : ['allow'])],
      message: `requests are ${isCounted ? 'counted' : 'allowed'} by address, and nothing says which proxies are in front of the gateway`,
      remedy:
        "write trustedProxies: ['10.0.0.0/8'] in portico.config.ts, or ['unix'] for one on a Unix socket, or [] if clients connect to the gateway itself",
    },
  ];
}

function isRate(rule: unknown): boolean {
  const { rate } = objectOf(rule);
  return typeof rate === 'string' && parseRate(rate) !== undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
