import { describe, expect, it } from 'vitest';
import { contextOf } from '../../../src/config/request-context.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { exchange, headers, textOf, textReply } from '../../support/exchange.ts';

const FRESH = { 'Cache-Control': 'max-age=60' };
const ranged = (fields: Readonly<Record<string, string>>, more: Parameters<typeof exchange>[0] = {}): Exchange =>
  exchange({ ...more, headers: headers({ Range: 'bytes=0-', ...fields }) });

/** A backend that puts a request field into its response and ignores ranges. */
const telling = (x: Exchange, name: string) => textReply(x.headers.get(name) ?? 'nothing', FRESH);

describe('a response that is stored for all', () => {
  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Host'])(
    'is requested without %s',
    async name => {
      const made = cacheBench();
      made.response = x => telling(x, name.toLowerCase());
      await made.ask(ranged({ [name]: 'evil' }));
      expect(textOf(await made.ask())).toBe('nothing');
    },
  );

  it('is requested without the parameters that its key leaves out', async () => {
    const made = cacheBench({ key: { query: { ignore: ['utm_*'], only: undefined, sort: false } } });
    made.response = x => textReply(x.search, FRESH);
    await made.ask(ranged({}, { search: '?utm_x=evil' }));
    expect(textOf(await made.ask())).toBe('');
  });

  it('is not computed from the user that a guard has named', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true } });
    made.response = x => textReply(`for ${x.details.subject}`, FRESH);
    await made.ask(ranged({ 'X-Api-Key': 'k' }, { subject: 'ann' }));
    expect(textOf(await made.ask())).toBe('for undefined');
  });

  it('does not depend on a header that the key does not cover', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true } });
    made.response = x => textReply(contextOf(x).headers['x-tenant'] ?? '', FRESH);
    await expect(async () => made.ask(ranged({ 'X-Tenant': 'acme' }))).rejects.toThrow('something it may not');
  });

  it('does not depend on a cookie, in the rfc9111 profile either', async () => {
    const made = cacheBench({ policy: { profile: 'rfc9111' } });
    made.response = x => telling(x, 'cookie');
    expect(textOf(await made.ask(ranged({ Cookie: 'user=ann' })))).toBe('user=ann');
    expect(textOf(await made.ask())).toBe('nothing');
  });

  it('does not depend on credentials that a team’s function reads', async () => {
    const made = cacheBench({ key: { keyedHeadersOnly: true } });
    made.response = x =>
      textReply(x.headers.get('authorization') ?? 'nobody', { 'Cache-Control': 'public, max-age=60' });
    expect(textOf(await made.ask(exchange({ headers: headers({ Authorization: 'a' }) })))).toBe('a');
    expect(textOf(await made.ask())).toBe('nobody');
  });

  it('is stored for a request with credentials if the backend sends public', async () => {
    const made = cacheBench();
    made.response = () => textReply('for all', { 'Cache-Control': 'public, max-age=60' });
    const known = exchange({ headers: headers({ Authorization: 'a' }) });
    await made.ask(known);
    await made.ask(known);
    expect(made.asked).toHaveLength(1);
  });

  it('is not stored if a guard named the user, because the call may have been chosen by that name', async () => {
    const made = cacheBench();
    made.response = x => textReply(`for ${x.details.subject}`, { 'Cache-Control': 'public, max-age=60' });
    const ask = (subject: string) => made.ask(exchange({ subject, headers: headers({ Authorization: subject }) }));
    expect([textOf(await ask('ann')), textOf(await ask('bob'))]).toEqual(['for ann', 'for bob']);
  });
});

describe('a HEAD response', () => {
  const short = { 'Cache-Control': 'max-age=1', ETag: '"v1"' };

  it.each([
    ['a cookie', exchange({ method: 'HEAD', headers: headers({ Cookie: 'user=ann' }) })],
    ['an API key that a guard knows', exchange({ method: 'HEAD', subject: 'ann' })],
  ])('does not update the stored headers if it was for %s', async (_, head) => {
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

  it('does not refresh a stored response without a matching validator', async () => {
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

  it('is requested without a method override', async () => {
    const made = cacheBench();
    made.response = () => textReply('page', short);
    await made.ask();
    made.clock.advance(5_000);
    await made.ask(exchange({ method: 'HEAD', headers: headers({ 'X-HTTP-Method-Override': 'DELETE' }) }));
    expect(made.asked[1]?.headers.has('x-http-method-override')).toBe(false);
  });
});
