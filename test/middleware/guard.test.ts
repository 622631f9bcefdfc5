import { describe, expect, it } from 'vitest';
import type { AnyContext } from '../../src/config/loaded-route.ts';
import type { Guard } from '../../src/config/policies.ts';
import { refuse } from '../../src/config/refusal.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { guard } from '../../src/middleware/guard.ts';
import { exchange, textReply } from '../support/exchange.ts';

const allow: Guard<AnyContext> = () => undefined;

describe('a guard', () => {
  it('returns without a promise when it decides at once', () => {
    expect(guard([allow, allow])(() => textReply('in'))(exchange())).not.toBeInstanceOf(Promise);
  });

  it('stops at the first rejection, sync or async, with its status', async () => {
    let asked = 0;
    const counting: Guard<AnyContext> = () => {
      asked++;
      return undefined;
    };
    const late = guard([async () => refuse(402, 'pay first'), counting])(() => textReply('in'))(exchange());
    await expect(late).rejects.toMatchObject({ code: 'request.refused', status: 402, message: 'pay first' });
    expect(() => guard([() => refuse(401, 'sign in'), counting])(() => textReply('in'))(exchange())).toThrow('sign in');
    expect(asked).toBe(0);
  });

  it('passes the subject to later stages', async () => {
    let seen: Exchange | undefined;
    const handler = guard([async () => ({ subject: 'ann' }), allow])(x => {
      seen = x;
      return textReply('in');
    });
    await handler(exchange());
    expect(seen?.details.subject).toBe('ann');
  });

  it('that returns another value is a mistake of the route and rejects the request', () => {
    const response: unknown = false;
    const odd: Guard<AnyContext> = () => response as undefined;
    expect(() => guard([odd])(() => textReply('in'))(exchange())).toThrow(
      expect.objectContaining({ code: 'gateway.error', cause: expect.any(TypeError) }),
    );
  });
});
