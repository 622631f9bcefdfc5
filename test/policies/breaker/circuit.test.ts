import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/core/failure.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import type { Reply } from '../../../src/core/reply.ts';
import type { Circuit } from '../../../src/policies/breaker/circuit.ts';
import { breaker } from '../../../src/policies/breaker/stage.ts';
import { Chance } from '../../support/chance.ts';
import { exchange, textReply } from '../../support/exchange.ts';
import { openRecord } from '../../support/request-record.ts';
import { breakerBench, failing, POLICY, retryAfterOf, throwing, well } from './bench.ts';

describe('a circuit', () => {
  it('opens at the failure rate once the window holds enough calls', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(4);
    expect(made.circuit.state).toBe('closed');
    await repeat(1);
    expect(made.circuit.state).toBe('open');
    expect(await ask()).toMatchObject({ code: 'breaker.open', status: 503 });
    expect(made.calls).toBe(5);
  });

  it('opens at exactly the configured rate', async () => {
    const { made, repeat } = breakerBench();
    await repeat(3);
    made.response = throwing('upstream.reset');
    await repeat(3);
    expect(made.circuit.state).toBe('open');
  });

  it('ignores outcomes that say nothing about the backend', async () => {
    const { made, repeat } = breakerBench();
    made.response = throwing('client.gone');
    await repeat(20);
    expect(made.circuit.state).toBe('closed');
    made.response = throwing('upstream.reset');
    await repeat(5);
    expect(made.circuit.state).toBe('open');
  });

  it('forgets failures that have left the window', async () => {
    const { made, repeat } = breakerBench();
    made.response = failing;
    await repeat(4);
    made.clock.advance(11_000);
    await repeat(4);
    expect(made.circuit.state).toBe('closed');
  });

  it('lets one probe through after the reset time and closes when it succeeds', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const probe = ask();
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    resolve(textReply('well again'));
    await probe;
    expect(made.circuit.state).toBe('closed');
    expect(made.states).toEqual(['open', 'half-open', 'closed']);
  });

  it('starts with an empty window after it has closed', async () => {
    const { made, repeat } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.response = well;
    await repeat(1);
    made.response = failing;
    await repeat(1);
    expect(made.circuit.state).toBe('closed');
  });

  it('opens again when the probe fails and sends another probe after an inconclusive one', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.response = throwing('client.gone');
    await ask();
    expect(made.circuit.state).toBe('half-open');
    made.response = failing;
    await ask();
    expect(made.circuit.state).toBe('open');
    const calls = made.calls;
    await ask();
    expect(made.calls).toBe(calls);
  });

  it('reports its state, on a rejection too', async () => {
    const { made, repeat } = breakerBench();
    made.response = failing;
    await repeat(5);
    const journal = openRecord();
    expect(() => breaker(made.circuit, () => {})(failing)(exchange({ journal }))).toThrow();
    expect(journal.breaker).toBe('open');
  });

  it('gives up on a probe that never ends', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.response = () => new Promise(() => {});
    void ask();
    made.response = well;
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    made.clock.advance(5_000);
    expect(await ask()).toMatchObject({ status: 200 });
    expect(made.circuit.state).toBe('closed');
  });

  it('shares no state with another circuit of the same policy', async () => {
    const one = breakerBench();
    const other = breakerBench();
    one.made.response = failing;
    await one.repeat(5);
    expect(other.made.circuit.state).toBe('closed');
    expect(await other.ask()).toMatchObject({ status: 200 });
  });
});

describe('an open circuit', () => {
  it('reports the remaining time in whole seconds and counts the rejected calls', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    expect(retryAfterOf(await ask())).toBe(5);
    made.clock.advance(3_001);
    expect(retryAfterOf(await ask())).toBe(2);
    made.clock.advance(1_900);
    expect(retryAfterOf(await ask())).toBe(1);
    expect(made.refused).toBe(3);
    expect(made.circuit.reading).toEqual({
      state: 'open',
      held: false,
      failed: 5,
      slow: undefined,
      total: 5,
      retryMs: 99,
    });
  });

  it('rejects all calls of one second with the same error object', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    const first = await ask();
    made.clock.advance(900);
    expect(await ask()).toBe(first);
    made.clock.advance(200);
    expect(await ask()).not.toBe(first);
    expect(retryAfterOf(first)).toBe(5);
  });

  it('doubles its reset time after each failed probe up to a maximum, and starts over after a success', async () => {
    const { made, repeat, ask } = breakerBench({ maxResetTimeoutMs: 30_000 });
    made.response = failing;
    await repeat(5);
    const waits: (number | undefined)[] = [];
    for (const ms of [5_000, 10_000, 20_000, 30_000]) {
      made.clock.advance(ms - 1);
      expect(await ask()).toMatchObject({ code: 'breaker.open' });
      made.clock.advance(1);
      expect(await ask()).toMatchObject({ status: 500 });
      waits.push(retryAfterOf(await ask()));
    }
    expect(waits).toEqual([10, 20, 30, 30]);
    made.clock.advance(30_000);
    made.response = well;
    await ask();
    made.response = failing;
    await repeat(5);
    expect(retryAfterOf(await ask())).toBe(5);
  });

  it('probes at another time than circuits that opened together with it', async () => {
    const chance = new Chance(7);
    const waits = new Set<number | undefined>();
    for (let i = 0; i < 50; i++) {
      const { made, repeat } = breakerBench({}, () => chance.next());
      made.response = failing;
      await repeat(5);
      waits.add(made.circuit.reading.retryMs);
    }
    const sorted = [...waits].map(Number).toSorted((a, b) => a - b);
    expect(sorted.length).toBeGreaterThan(40);
    expect(sorted[0]).toBeGreaterThanOrEqual(4_000);
    expect(sorted.at(-1)).toBeLessThanOrEqual(6_000);
  });

  it('ignores calls that began before it opened, even after it has closed', async () => {
    const { made, repeat, ask } = breakerBench();
    const { promise: never, reject } = Promise.withResolvers<Reply>();
    made.response = () => never;
    const late = Array.from({ length: 9 }, () => ask());
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.response = well;
    await ask();
    reject(new Error('a time-out of the outage'));
    await Promise.all(late);
    expect(made.circuit.reading).toMatchObject({ state: 'closed', failed: 0, total: 0 });
  });
});

describe('a probe', () => {
  const halfOpen = async () => {
    const bench = breakerBench();
    bench.made.response = failing;
    await bench.repeat(5);
    bench.made.clock.advance(5_000);
    return bench;
  };

  it('is a single call; other calls get the time of the next probe', async () => {
    const { made, ask } = await halfOpen();
    made.response = () => new Promise(() => {});
    void ask();
    made.clock.advance(2_000);
    expect(retryAfterOf(await ask())).toBe(3);
    expect(made.circuit.reading).toMatchObject({ state: 'half-open', retryMs: 3_000 });
    expect(made.calls).toBe(6);
  });

  it('no longer counts once another probe has replaced it', async () => {
    const { made, ask } = await halfOpen();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const first = ask();
    made.clock.advance(5_000);
    made.response = () => new Promise(() => {});
    void ask();
    resolve(textReply('broken', {}, 500));
    await first;
    expect(made.circuit.state).toBe('half-open');
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
  });

  it.each(['client.gone', 'limit.shed'] as const)(
    'with an inconclusive outcome (%s) is followed by the next call at once',
    async code => {
      const { made, ask } = await halfOpen();
      made.response = throwing(code);
      await ask();
      made.response = well;
      expect(await ask()).toMatchObject({ status: 200 });
      expect(made.states).toEqual(['open', 'half-open', 'closed']);
    },
  );
});

describe('a slow call', () => {
  const SLOW = { slow: { headersMs: 300, percent: 50 } };

  /** Responds after that many milliseconds. */
  const after = (made: ReturnType<typeof breakerBench>['made'], ms: number, status = 200) => {
    made.response = () => {
      made.clock.advance(ms);
      return textReply('late', {}, status);
    };
  };

  it('opens the circuit at the slow call rate, though none failed', async () => {
    const { made, repeat } = breakerBench(SLOW);
    await repeat(4);
    after(made, 301);
    await repeat(3);
    expect(made.circuit.reading).toMatchObject({ state: 'closed', failed: 0, slow: 3, total: 7 });
    await repeat(1);
    expect(made.circuit.reading).toMatchObject({ state: 'open', failed: 0, slow: 4, total: 8 });
  });

  it('is longer than the configured duration; without one no call is slow', async () => {
    const just = breakerBench(SLOW);
    after(just.made, 300);
    await just.repeat(9);
    expect(just.made.circuit.reading).toMatchObject({ state: 'closed', slow: 0, total: 9 });
    const silent = breakerBench();
    after(silent.made, 900);
    await silent.repeat(9);
    expect(silent.made.circuit.state).toBe('closed');
  });

  it('counts only with the minimum of calls and leaves with the window', async () => {
    const { made, repeat } = breakerBench(SLOW);
    after(made, 400);
    await repeat(4);
    made.clock.advance(11_000);
    await repeat(4);
    expect(made.circuit.reading).toMatchObject({ state: 'closed', slow: 4, total: 4 });
  });

  it('that fails counts for both rates', async () => {
    const { made, repeat } = breakerBench({ slow: { headersMs: 300, percent: 90 }, errorPercent: 90 });
    await repeat(1);
    after(made, 400, 500);
    await repeat(3);
    expect(made.circuit.reading).toMatchObject({ failed: 3, slow: 3, total: 4 });
  });

  it('is measured from the last byte of the upload on', async () => {
    const { made, ask } = breakerBench(SLOW);
    const upload = (answerMs: number) => {
      const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
      made.response = () => {
        made.clock.advance(5_000);
        body.finish();
        made.clock.advance(answerMs);
        return textReply('ok');
      };
      return ask(body);
    };
    await upload(300);
    expect(made.circuit.reading).toMatchObject({ slow: 0, total: 1 });
    await upload(301);
    expect(made.circuit.reading).toMatchObject({ slow: 1, total: 2 });
  });

  it('is measured up to the response headers, not to the end of the body', async () => {
    const { made, ask } = breakerBench({ slow: { headersMs: 1_000, percent: 50 } });
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    made.response = () => ({ ...textReply('long'), body });
    await ask();
    made.clock.advance(5_000);
    body.fail(new GatewayError('upstream.reset', 'reset'));
    await new Promise(setImmediate);
    expect(made.circuit.reading).toMatchObject({ failed: 1, slow: 0 });
  });

  it('fails as a probe', async () => {
    const { made, repeat } = breakerBench(SLOW);
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    after(made, 301);
    await repeat(1);
    expect(made.circuit.state).toBe('open');
    made.clock.advance(10_000);
    after(made, 299);
    await repeat(1);
    expect(made.circuit.state).toBe('closed');
  });
});

describe('a circuit that is forced open', () => {
  it('rejects every call and sends no probe until it is closed', async () => {
    const { made, ask } = breakerBench();
    made.circuit.hold();
    const refusal = await ask();
    expect(refusal).toMatchObject({ code: 'breaker.open' });
    expect(retryAfterOf(refusal)).toBeUndefined();
    made.clock.advance(3_600_000);
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    expect(made.circuit.reading).toMatchObject({ state: 'open', held: true, retryMs: undefined });
    made.circuit.close();
    expect(await ask()).toMatchObject({ status: 200 });
    expect(made.states).toEqual(['open', 'closed']);
  });

  it('stays open whatever the outcome of an earlier probe', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const probe = ask();
    made.circuit.hold();
    resolve(textReply('well again'));
    await probe;
    expect(made.circuit.reading).toMatchObject({ state: 'open', held: true });
  });

  it('forgets its counts and its earlier failures when it is closed', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.clock.advance(5_000);
    await ask();
    made.circuit.close();
    await repeat(4);
    expect(made.circuit.reading).toMatchObject({ state: 'closed', failed: 4 });
    await repeat(1);
    expect(retryAfterOf(await ask())).toBe(5);
  });
});

describe('a truncated body', () => {
  const streamed = (made: ReturnType<typeof breakerBench>['made'], longLived = false) => {
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    made.response = () => ({ ...textReply('long'), body, longLived });
    return body;
  };
  const headers = () => new Promise(setImmediate);
  const RESET = new GatewayError('upstream.reset', 'reset');

  it('turns the success of its call into a failure: ten of ten open a circuit of 60 %', async () => {
    const { made, ask } = breakerBench({ errorPercent: 60, minRequests: 10 });
    for (let i = 0; i < 10; i++) {
      const body = streamed(made);
      await ask();
      body.fail(RESET);
      await headers();
      expect(made.circuit.reading).toMatchObject({ failed: i + 1, total: i + 1 });
    }
    expect(made.circuit.state).toBe('open');
  });

  it('counts as one call; a complete body stays a success', async () => {
    const { made, ask } = breakerBench({ errorPercent: 50, minRequests: 10 });
    const bodies = [];
    for (let i = 0; i < 10; i++) {
      bodies.push(streamed(made));
      await ask();
    }
    for (const [i, body] of bodies.entries()) {
      if (i % 3 === 0) body.fail(RESET);
      else body.finish();
    }
    await headers();
    expect(made.circuit.reading).toMatchObject({ state: 'closed', failed: 4, total: 10 });
  });

  it('counts at the time of the truncation if its success has left the window', async () => {
    const { made, ask } = breakerBench();
    const body = streamed(made);
    await ask();
    made.clock.advance(11_000);
    body.fail(RESET);
    await headers();
    expect(made.circuit.reading).toMatchObject({ failed: 1 });
  });

  it('does not count twice after a failed response status', async () => {
    const { made, ask } = breakerBench();
    const body = streamed(made);
    const { response } = made;
    made.response = async x => ({ ...(await response(x)), status: 500 });
    await ask();
    body.fail(RESET);
    await headers();
    expect(made.circuit.reading).toMatchObject({ failed: 1, total: 1 });
  });

  const halfOpen = async (longLived = false) => {
    const bench = breakerBench();
    bench.made.response = failing;
    await bench.repeat(5);
    bench.made.clock.advance(5_000);
    const body = streamed(bench.made, longLived);
    await bench.ask();
    return { ...bench, body };
  };

  it('fails a probe, which is judged at the end of its body', async () => {
    const { made, ask, body } = await halfOpen();
    expect(made.circuit.state).toBe('half-open');
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    body.fail(RESET);
    expect(made.circuit.state).toBe('open');
  });

  it('does not prevent the circuit from closing after a complete probe', async () => {
    const { made, body } = await halfOpen();
    body.finish();
    await body.pipe({ write: () => true, end() {}, onDrain() {}, onClose() {} });
    expect(made.circuit.state).toBe('closed');
  });

  it('is awaited for one reset time: then a probe with an unfinished body counts as a success', async () => {
    const { made, ask } = await halfOpen();
    made.clock.advance(5_000);
    made.response = well;
    expect(await ask()).toMatchObject({ status: 200 });
    expect(made.circuit.state).toBe('closed');
  });

  it('is not awaited for an event stream', async () => {
    const { made } = await halfOpen(true);
    expect(made.circuit.state).toBe('closed');
  });

  it('is inconclusive if the client disconnected: the next call may probe', async () => {
    const { made, ask, body } = await halfOpen();
    body.cancel(new GatewayError('client.gone', 'left'));
    expect(made.circuit.state).toBe('half-open');
    made.response = well;
    expect(await ask()).toMatchObject({ status: 200 });
    expect(made.circuit.state).toBe('closed');
  });
});

describe('a hint of another process', () => {
  const heard = (circuit: Circuit) => {
    const conclusions: string[] = [];
    circuit.onConclusion(became => conclusions.push(became));
    return conclusions;
  };

  it('that the backend fails lets fewer failures of its own open a circuit, for one reset time', async () => {
    const { made, repeat } = breakerBench({ minRequests: 20 });
    made.response = failing;
    made.circuit.hint('open');
    expect(made.circuit.state).toBe('closed');
    await repeat(4);
    expect(made.circuit.state).toBe('closed');
    await repeat(1);
    expect(made.circuit.state).toBe('open');
    const later = breakerBench({ minRequests: 20 });
    later.made.response = failing;
    later.made.circuit.hint('open');
    later.made.clock.advance(POLICY.resetMs);
    await later.repeat(19);
    expect(later.made.circuit.state).toBe('closed');
    await later.repeat(1);
    expect(later.made.circuit.state).toBe('open');
  });

  it('opens nothing where the backend works: only the process with the broken socket is shut out', async () => {
    const { made, repeat } = breakerBench({ minRequests: 20 });
    for (let i = 0; i < 5; i++) {
      made.circuit.hint('open');
      made.response = failing;
      await repeat(1);
      made.response = well;
      await repeat(3);
      made.clock.advance(1_000);
    }
    expect(made.states).toEqual([]);
  });

  it('counts slow calls in the same way', async () => {
    const { made, repeat } = breakerBench({ minRequests: 20, slow: { headersMs: 100, percent: 50 } });
    made.response = async () => {
      made.clock.advance(200);
      return textReply('slow');
    };
    made.circuit.hint('open');
    await repeat(5);
    expect(made.circuit.state).toBe('open');
  });

  it('that the backend works again lets the next call probe at once', async () => {
    const { made, repeat, ask } = breakerBench();
    made.response = failing;
    await repeat(5);
    made.response = well;
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    made.circuit.hint('closed');
    expect(made.circuit.state).toBe('open');
    await ask();
    expect(made.circuit.state).toBe('closed');
  });

  it('changes nothing about a circuit that an operator forced open', async () => {
    const { made, ask } = breakerBench();
    made.circuit.hold();
    for (const became of ['open', 'closed'] as const) made.circuit.hint(became);
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    expect(made.calls).toBe(0);
  });

  it('is sent for what a circuit finds out alone, and not for what a hint has contributed to', async () => {
    const alone = breakerBench();
    const conclusions = heard(alone.made.circuit);
    alone.made.response = failing;
    await alone.repeat(5);
    alone.made.response = well;
    alone.made.clock.advance(POLICY.resetMs * 2);
    await alone.repeat(1);
    expect(conclusions).toEqual(['open', 'closed']);
    const hinted = breakerBench({ minRequests: 20 });
    const others = heard(hinted.made.circuit);
    hinted.made.response = failing;
    hinted.made.circuit.hint('open');
    await hinted.repeat(5);
    hinted.made.circuit.hold();
    hinted.made.circuit.close();
    expect(others).toEqual([]);
  });
});
