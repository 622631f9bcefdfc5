import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/core/failure.ts';
import { RecentRequests } from '../../src/telemetry/recent-requests.ts';
import { FakeClock } from '../support/clock.ts';
import { finishedRecord, openRecord, SUCCESS } from '../support/request-record.ts';

describe('the recent requests', () => {
  it('have all of a record: its attempts, its parts with theirs, and its times', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    const part = record.part('stock');
    const attempt = part.attempt('warehouse', 'GET', { origin: 'http://10.0.0.1:4001' });
    clock.advance(12);
    attempt.answered('answered', 200, 12);
    attempt.end();
    part.end();
    const open = record.part('reviews').attempt('reviews', 'GET');
    clock.advance(3);
    record.finish({ ...SUCCESS, fallbacks: [{ part: 'reviews', reason: 'part.not_needed', absent: true }] });
    const recent = new RecentRequests();
    recent.add(record);
    open.end();
    const [kept] = recent.list();
    expect(kept).toMatchObject({ requestId: 'r-1', route: '/a', status: 200, durationMs: 15, waitingMs: 15 });
    expect(kept?.fallbacks).toEqual(record.fallbacks);
    expect(kept?.parts.map(({ name, endedAt }) => [name, endedAt])).toEqual([
      ['stock', record.startedAt + 12],
      ['reviews', undefined],
    ]);
    const [first] = kept?.parts[0]?.attempts ?? [];
    const { startedAt } = record;
    expect({ ...first }).toMatchObject({ service: 'warehouse', startedAt, outcome: 'answered', status: 200 });
    expect([first?.answeredAt, first?.endedAt]).toEqual([startedAt + 12, startedAt + 12]);
    // It went on after the request.
    expect(kept?.parts[1]?.attempts[0]?.endedAt).toBeUndefined();
  });

  it('have nothing of the request whose place they take', () => {
    const recent = new RecentRequests();
    const busy = openRecord();
    busy.cached('portico; hit');
    busy.retried('503');
    for (const name of ['stock', 'reviews']) busy.part(name).attempt('warehouse', 'GET').end();
    busy.attempt('shop', 'GET').end();
    busy.finish({ ...SUCCESS, route: '/busy' });
    const idle = openRecord();
    idle.part('price');
    idle.finish(SUCCESS);
    recent.add(busy);
    for (let i = 1; i < 512; i++) recent.add(finishedRecord(i));
    recent.add(idle);
    const kept = recent.list();
    expect(kept).toHaveLength(512);
    expect(kept.slice(1).map(({ durationMs }) => durationMs)).toEqual(Array.from({ length: 511 }, (_, i) => 511 - i));
    expect(kept[0]).toMatchObject({ route: '/a', cacheStatus: undefined, retries: [], attempts: [] });
    expect(kept[0]?.parts.map(({ name, attempts }) => [name, attempts])).toEqual([['price', []]]);
  });

  it('keep the words of a failure, without what was thrown', () => {
    const failure = new GatewayError('gateway.error', 'it threw', { cause: new Error('with a large response in it') });
    const recent = new RecentRequests();
    recent.add(finishedRecord(1, { status: 500, failure }));
    const [kept] = recent.list();
    expect(kept?.failureText).toEqual({ code: 'gateway.error', message: 'it threw', blame: 'gateway' });
    expect(Object.values(kept ?? {})).not.toContain(failure);
  });
});
