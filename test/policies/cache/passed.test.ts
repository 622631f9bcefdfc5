import { describe, expect, it } from 'vitest';
import { contextOf } from '../../../src/config/request-context.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { exchange, headers, textOf, textReply } from '../../support/exchange.ts';

const FRESH = { 'Cache-Control': 'max-age=60' };
const ranged = (fields: Readonly<Record<string, string>>, more: Parameters<typeof exchange>[0] = {}): Exchange =>
  exchange({ ...more, headers: headers({ Range: 'bytes=0-', ...fields }) });

/** A backend that puts what it was asked with into its response, and knows no ranges. */
const telling = (x: Exchange, name: string) => textReply(x.headers.get(name) ?? 'nothing', FRESH);

describe('what is asked for one client and stored for all', () => {
  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Host'])(
    'is asked without %s',
    async name => {
      const made = cacheBench();
      made.response = x => telling(x, name.toLowerCase());
      await made.ask(ranged({ [name]: 'evil' }));
      expect(textOf(await made.ask())).toBe('nothing');
    },
  );

  it('is asked without the parameters that its key leaves out', async () => {
    const made = cacheBench({ key: { query: { ignore: ['utm_*'], only: undefined, sort: false } } });
    made.response = x => textReply(x.search, FRESH);
    await made.ask(ranged({}, { search: '?utm_x=evil' }));
    expect(textOf(await made.ask())).toBe('');
  });

  it('is none of what a team makes for the user that a guard has named', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true } });
    made.response = x => textReply(`for ${x.details.subject}`, FRESH);
    await made.ask(ranged({ 'X-Api-Key': 'k' }, { subject: 'ann' }));
    expect(textOf(await made.ask())).toBe('for undefined');
  });

  it('may not depend on a header that its key does not cover', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true } });
    made.response = x => textReply(contextOf(x).headers['x-tenant'] ?? '', FRESH);
    await expect(async () => made.ask(ranged({ 'X-Tenant': 'acme' }))).rejects.toThrow('something it may not');
  });

  it('is nothing of what was asked with a cookie, by the letter either', async () => {
    const made = cacheBench({ policy: { profile: 'rfc9111' } });
    made.response = x => telling(x, 'cookie');
    expect(textOf(await made.ask(ranged({ Cookie: 'user=ann' })))).toBe('user=ann');
    expect(textOf(await made.ask())).toBe('nothing');
  });

  it('is nothing of what a team makes of credentials', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true } });
    made.response = x =>
      textReply(x.headers.get('authorization') ?? 'nobody', { 'Cache-Control': 'public, max-age=60' });
    expect(textOf(await made.ask(exchange({ headers: headers({ Authorization: 'a' }) })))).toBe('a');
    expect(textOf(await made.ask())).toBe('nobody');
  });

  it('is still kept where a backend says so in the face of credentials', async () => {
    const made = cacheBench();
    made.response = () => textReply('for all', { 'Cache-Control': 'public, max-age=60' });
    const known = exchange({ headers: headers({ Authorization: 'a' }) });
    await made.ask(known);
    await made.ask(known);
    expect(made.asked).toHaveLength(1);
  });

  it('is not kept where a guard knows the user: a team’s function may have chosen what was asked by the name', async () => {
    const made = cacheBench();
    made.response = x => textReply(`for ${x.details.subject}`, { 'Cache-Control': 'public, max-age=60' });
    const ask = (subject: string) => made.ask(exchange({ subject, headers: headers({ Authorization: subject }) }));
    expect([textOf(await ask('ann')), textOf(await ask('bob'))]).toEqual(['for ann', 'for bob']);
  });
});

describe('a HEAD that freshens what is stored', () => {
  const short = { 'Cache-Control': 'max-age=1', ETag: '"v1"' };

  it.each([
    ['a cookie', exchange({ method: 'HEAD', headers: headers({ Cookie: 'user=ann' }) })],
    ['an API key that a guard knows', exchange({ method: 'HEAD', subject: 'ann' })],
  ])('brings nothing of what was said to %s', async (_, head) => {
    const made = cacheBench({ policy: { profile: 'rfc9111' } });
    made.response = () => textReply('page', short);
    await made.ask();
    made.clock.advance(5_000);
    made.response = () => ({ status: 200, headers: headers({ ...short, 'X-Name': 'ann' }), body: { kind: 'none' } });
    await made.ask(head);
    const reply = await made.ask();
    expect(made.asked).toHaveLength(3);
    expect(reply.status).toBe(200);
  });

  it('renews nothing where it says nothing of which representation it speaks', async () => {
    const made = cacheBench();
    made.response = () => textReply('old', { 'Cache-Control': 'max-age=1' });
    await made.ask();
    made.clock.advance(5_000);
    made.response = () => ({
      status: 200,
      headers: headers({ 'Cache-Control': 'max-age=60' }),
      body: { kind: 'none' },
    });
    await made.ask(exchange({ method: 'HEAD' }));
    made.response = () => textReply('new', { 'Cache-Control': 'max-age=60' });
    expect(textOf(await made.ask())).toBe('new');
  });

  it('is not asked as something else', async () => {
    const made = cacheBench();
    made.response = () => textReply('page', short);
    await made.ask();
    made.clock.advance(5_000);
    await made.ask(exchange({ method: 'HEAD', headers: headers({ 'X-HTTP-Method-Override': 'DELETE' }) }));
    expect(made.asked[1]?.headers.has('x-http-method-override')).toBe(false);
  });
});
