import { isIP } from 'node:net';
import { byteSize } from '../../config/byte-size.ts';
import { parseDuration } from '../../config/duration.ts';
import type { GatewayOptions } from '../../config/gateway.ts';
import { redisUrlMistake } from '../../config/redis-url.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import { MAX_MS } from './times.ts';

/** Trusted proxies are addresses or ranges of addresses. */
export function checkTrustedProxies(file: string, { trustedProxies = [] }: GatewayOptions): readonly ProblemDraft[] {
  return trustedProxies.flatMap((range, i): readonly ProblemDraft[] => {
    if (range === 'unix' || isRange(range)) return [];
    return [
      {
        code: 'P122',
        marks: [option(file, ['trustedProxies', String(i)])],
        message: `${JSON.stringify(range)} is no address and no CIDR range`,
        remedy: "write '10.0.0.7', '10.0.0.0/8' or '::1', or 'unix' for a proxy that comes over a Unix socket",
      },
    ];
  });
}

/** Whether a text is an IP address or a CIDR range. */
export function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const SIZES = ['body', 'head', 'url', 'cookies', 'minBodyRate'] as const;

/** A limit of 0 would reject every request. */
export function checkLimits(file: string, { limits = {} }: GatewayOptions): readonly ProblemDraft[] {
  const empty = SIZES.filter(name => limits[name] !== undefined && byteSize(limits[name]) === 0);
  const { headersTimeout } = limits;
  const span = headersTimeout === undefined ? undefined : parseDuration(headersTimeout);
  const drafts = empty.map(name =>
    limitDraft(file, name, 'more than nothing', `write a size such as '64KB', or remove it`),
  );
  if (span === undefined || (span > 0 && span <= MAX_MS)) return drafts;
  return [
    ...drafts,
    limitDraft(file, 'headersTimeout', 'longer than nothing and at most 24d', "write how long a head may take: '10s'"),
  ];
}

function limitDraft(file: string, name: string, wanted: string, remedy: string): ProblemDraft {
  return {
    code: 'P123',
    marks: [option(file, ['limits', name])],
    message: `"limits.${name}" must be ${wanted}`,
    remedy,
  };
}

/** Stores have a valid size and a valid URL. */
export function checkStores(file: string, { cache = {} }: GatewayOptions): readonly ProblemDraft[] {
  const { disk, redis } = cache;
  const drafts: ProblemDraft[] = [];
  const [url, path] = typeof redis === 'object' ? [redis.url, ['cache', 'redis', 'url']] : [redis, ['cache', 'redis']];
  const mistake = url === undefined ? undefined : redisUrlMistake(url);
  if (mistake !== undefined) {
    drafts.push({
      code: 'P122',
      marks: [option(file, path)],
      // The text is omitted, because it may contain a password.
      message: `"${path.join('.')}" ${mistake}`,
      remedy: "write 'redis://127.0.0.1:6379', or remove it and set REDIS_URL",
    });
  }
  if (typeof disk === 'object' && disk.size !== undefined && byteSize(disk.size) === 0) {
    drafts.push({
      code: 'P123',
      marks: [option(file, ['cache', 'disk', 'size'])],
      message: '"cache.disk.size" must be more than nothing',
      remedy: "write a size such as '1GB', or remove it",
    });
  }
  return drafts;
}
