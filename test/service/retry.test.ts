import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/core/exchange.ts';
import { type FailureDetails, GatewayError } from '../../src/core/failure.ts';
import type { Connection, Target } from '../../src/core/ports/transport.ts';
import { PushBody } from '../../src/core/push-body.ts';
import type { Reply } from '../../src/core/reply.ts';
import { type RetryPolicy, retry } from '../../src/service/retry.ts';
import { roundRobin } from '../support/balancing.ts';
import { FakeClock } from '../support/clock.ts';
import { exchange, headers, textReply } from '../support/exchange.ts';

const SILENT: RetryPolicy = { attempts: 2, idempotencyKey: false, declared: false };

interface Sent {
  readonly target: string;
  readonly connection: Connection;
}

/** A transport that fails as often as it has failures to give, then answers. */
function bench(policy: RetryPolicy, failures: GatewayError[]) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const targets: Target[] = ['http://a', 'http://b', 'http://c'].map(origin => ({ origin, base: '' }));
  const transport = {
    send(_x: Exchange, target: Target, connection: Connection): Promise<Reply> {
      sent.push({ target: target.origin, connection });
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve(textReply('ok')) : Promise.reject(failure);
    },
    forget: () => undefined,
    close: () => Promise.resolve(),
  };
  const handler = retry(policy, roundRobin(targets, clock), transport, clock);
  return { sent, ask: (x: Exchange = exchange()) => Promise.resolve(handler(x)) };
}

const refused = () => new GatewayError('upstream.unreachable', 'refused', { neverSent: true });
const reset = (details: FailureDetails = {}) => new GatewayError('upstream.reset', 'reset', details);
const streamed = () =>
  exchange({ method: 'POST', body: new PushBody({ pause() {}, resume() {}, abort() {} }, undefined) });

describe('what is always sent once more', () => {
  it('is whatever no backend can have begun, of any method, on another machine', async () => {
    const { sent, ask } = bench(SILENT, [refused()]);
    expect((await ask(streamed())).status).toBe(200);
    expect(sent.map(({ target }) => target)).toEqual(['http://a', 'http://b']);
  });

  it('is one GET that was reset before an answer, on a connection nobody used before', async () => {
    const { sent, ask } = bench(SILENT, [reset()]);
    expect((await ask()).status).toBe(200);
    expect(sent[1]?.connection).toBe('fresh');
  });

  it('is nothing a second time', async () => {
    await expect(bench(SILENT, [reset(), reset()]).ask()).rejects.toMatchObject({ code: 'upstream.reset' });
    await expect(bench(SILENT, [refused(), refused()]).ask()).rejects.toMatchObject({ code: 'upstream.unreachable' });
  });

  it('is no POST that may have been executed', async () => {
    const { sent, ask } = bench(SILENT, [reset()]);
    await expect(ask(exchange({ method: 'POST' }))).rejects.toMatchObject({ code: 'upstream.reset' });
    expect(sent).toHaveLength(1);
  });

  it('is nothing where the team switched retries off', async () => {
    const { sent, ask } = bench({ ...SILENT, attempts: 1 }, [refused()]);
    await expect(ask()).rejects.toMatchObject({ code: 'upstream.unreachable' });
    expect(sent).toHaveLength(1);
  });
});

describe('a declared retry', () => {
  const THREE: RetryPolicy = { attempts: 3, idempotencyKey: false, declared: true };

  it('sends an idempotent method again that was reset before any answer, up to its attempts', async () => {
    const { sent, ask } = bench(THREE, [reset(), reset()]);
    expect((await ask(exchange({ method: 'PUT' }))).status).toBe(200);
    expect(sent).toHaveLength(3);
  });

  it('sends an unsafe method again only with a key that the backend honours', async () => {
    const post = exchange({ method: 'POST', headers: headers({ 'Idempotency-Key': 'k1' }) });
    await expect(bench(THREE, [reset()]).ask(post)).rejects.toThrow();
    const { ask } = bench({ ...THREE, idempotencyKey: true }, [reset()]);
    expect((await ask(post)).status).toBe(200);
    const without = bench({ ...THREE, idempotencyKey: true }, [reset()]);
    await expect(without.ask(exchange({ method: 'POST' }))).rejects.toThrow();
  });

  it('never repeats what has begun to be answered, nor a body that was read', async () => {
    await expect(bench(THREE, [reset({ answered: true })]).ask()).rejects.toThrow();
    await expect(bench(THREE, [reset()]).ask(streamed().with({ method: 'PUT' }))).rejects.toThrow();
  });

  it('stops when the client has left', async () => {
    const x = exchange();
    const { sent, ask } = bench(THREE, [reset()]);
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await expect(ask(x)).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });

  it('does not repeat a deadline that has passed', async () => {
    const { sent, ask } = bench(THREE, [new GatewayError('upstream.timeout', 'too late')]);
    await expect(ask()).rejects.toMatchObject({ code: 'upstream.timeout' });
    expect(sent).toHaveLength(1);
  });
});
