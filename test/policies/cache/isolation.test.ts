import { describe, expect, it } from 'vitest';
import { bytesBody } from '../../../src/core/body.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import { tagTarget } from '../../../src/core/purge.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { Chance } from '../../support/chance.ts';
import { exchange, headers } from '../../support/exchange.ts';
import { MapTier } from '../../support/map-tier.ts';

const CONTROLS = [
  'max-age=60',
  'private',
  'no-store',
  'no-cache',
  'public, max-age=60',
  's-maxage=30',
  'max-age=1, stale-while-revalidate=60',
  'max-age=0',
  'max-age=60, must-revalidate',
  'max-age=1, stale-if-error=60',
  'private, max-age=60',
  'private="set-cookie"',
  '',
];
const VARIES = ['', '', 'Cookie', 'Authorization', 'Accept-Language', 'Cookie, Accept-Language', '*'];
const ETAGS = ['', '"same"', 'W/"same"'];
const STATUSES = [200, 200, 200, 200, 404, 500, 301];

/** RFC 9111 §3.5: the directives that make a response to a request with credentials shareable. */
const FOR_ALL = /public|s-maxage|must-revalidate/;

/** Everything about the client that the backend could see. */
function maker(x: Exchange): string {
  return `${x.headers.get('cookie') ?? 'nobody'} ${x.headers.get('authorization') ?? 'nothing'}`;
}

async function bytesOf(reply: Reply): Promise<string> {
  if (reply.body.kind === 'bytes') return reply.body.bytes.toString();
  if (reply.body.kind !== 'stream') return '';
  let text = '';
  const end = await reply.body.pipe({
    write: chunk => {
      text += chunk.toString();
      return true;
    },
    end: last => {
      text += last?.toString() ?? '';
    },
    onDrain: () => {},
    onClose: () => {},
  });
  return end === 'complete' ? text : '';
}

describe('10,000 requests of ten users for responses of all kinds', () => {
  it.each([1, 2, 3])('never give a user the response of another one (seed %i)', async seed => {
    const luck = new Chance(seed);
    const random = () => luck.next();
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const bench = cacheBench({
      policy: { ttlMs: 10_000, swrMs: 20_000, staleIfErrorMs: 20_000 },
      tiers: [new MapTier()],
    });
    const waiting: (() => void)[] = [];
    bench.response = async x => {
      if (random() < 0.5) await new Promise<void>(resolve => waiting.push(resolve));
      const fields = ['X-Made-For', maker(x)];
      const control = pick(CONTROLS);
      const vary = pick(VARIES);
      const etag = pick(ETAGS);
      if (control !== '') fields.push('Cache-Control', control);
      if (vary !== '') fields.push('Vary', vary);
      if (etag !== '') fields.push('ETag', etag);
      if (random() < 0.2) fields.push('Set-Cookie', `seen=${maker(x)}`);
      const isKnown = x.headers.has('if-none-match') && random() < 0.5;
      if (isKnown) return { status: 304, headers: new HeaderList(fields), body: { kind: 'none' } };
      return {
        status: pick(STATUSES),
        headers: new HeaderList(fields),
        body: bytesBody(Buffer.from(`${maker(x)} ${FOR_ALL.test(control) ? 'for-all' : ''}`)),
      };
    };
    const leaks: string[] = [];
    const check = async (x: Exchange, reply: Reply): Promise<void> => {
      const body = await bytesOf(reply);
      const [cookie, authorization, forAll] = body.split(' ');
      const own = [x.headers.get('cookie') ?? 'nobody', x.headers.get('authorization') ?? 'nothing'];
      if (cookie !== undefined && cookie !== 'nobody' && cookie !== own[0] && body !== '')
        leaks.push(`${own} got ${body}`);
      if (
        authorization !== undefined &&
        authorization !== 'nothing' &&
        authorization !== own[1] &&
        forAll !== 'for-all'
      ) {
        leaks.push(`${own} got ${body}`);
      }
      const setCookie = reply.headers.get('set-cookie');
      if (setCookie !== undefined && setCookie !== `seen=${own.join(' ')}` && setCookie !== 'seen=nobody nothing')
        leaks.push(`${own} got ${setCookie}`);
    };
    const running: Promise<void>[] = [];
    for (let i = 0; i < 10_000; i++) {
      const fields: Record<string, string> = { 'Accept-Language': pick(['de', 'fr']) };
      if (random() < 0.7) fields.Cookie = `u${Math.floor(random() * 10)}`;
      if (random() < 0.2) fields.Authorization = `t${Math.floor(random() * 5)}`;
      if (random() < 0.1) fields['If-None-Match'] = '"same"';
      if (random() < 0.1) fields.Range = 'bytes=0-3';
      const x = exchange({ path: `/p${Math.floor(random() * 20)}`, headers: headers(fields) });
      running.push(
        Promise.resolve(bench.ask(x))
          .then(reply => (fields.Range === undefined ? check(x, reply) : undefined))
          .catch(() => {}),
      );
      if (random() < 0.3) bench.clock.advance(Math.floor(random() * 3_000));
      if (random() < 0.02) bench.epochs.bump({ kind: pick(['hard', 'soft']), targets: [tagTarget('products')] });
      if (i % 7 === 0) {
        for (const release of waiting.splice(0)) release();
        await new Promise(setImmediate);
      }
    }
    let isOver = false;
    const over = Promise.all(running).then(() => {
      isOver = true;
    });
    // Releasing a response may lead to another call.
    while (!isOver) {
      for (const release of waiting.splice(0)) release();
      await new Promise(setImmediate);
    }
    await over;
    expect(leaks).toEqual([]);
    // Without any shared response the test would prove nothing.
    expect(bench.counted.filter(result => result === 'hit' || result === 'stale').length).toBeGreaterThan(500);
    expect(bench.asked.length).toBeGreaterThan(1_000);
  });
});

describe('responses stored for each user', () => {
  it('are served to that user only, and to nobody without a user', async () => {
    const bench = cacheBench({ key: { perUser: true } });
    bench.response = x => ({
      status: 200,
      headers: headers({ 'Cache-Control': 'private, max-age=60' }),
      body: bytesBody(Buffer.from(`for ${x.details.subject} with ${x.headers.get('cookie')}`)),
    });
    const ask = (subject: string | undefined, cookie: string) =>
      bench.ask(exchange({ subject, headers: headers({ Cookie: cookie, Authorization: 'Bearer x' }) }));
    expect(await bytesOf(await ask('ann', 'a=1'))).toBe('for ann with a=1');
    expect(await bytesOf(await ask('ann', 'a=2'))).toBe('for ann with a=1');
    expect(await bytesOf(await ask('bob', 'b=1'))).toBe('for bob with b=1');
    expect(bench.asked).toHaveLength(2);
    await ask(undefined, 'c=1');
    await ask(undefined, 'c=1');
    expect(bench.asked).toHaveLength(4);
  });
});
