import { describe, expect, it } from 'vitest';
import { serverTiming } from '../../src/telemetry/server-timing.ts';
import { FakeClock } from '../support/clock.ts';
import { openRecord, SUCCESS } from '../support/request-record.ts';

describe('the waiting time of a request', () => {
  it('counts overlapping waits once', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    clock.advance(5);
    const [stock, reviews] = [record.part('stock'), record.part('reviews')];
    const first = stock.attempt('stock', 'GET');
    clock.advance(20);
    const second = reviews.attempt('reviews', 'GET');
    clock.advance(30);
    first.end();
    clock.advance(10);
    second.end();
    clock.advance(7);
    record.finish(SUCCESS);
    expect([record.durationMs, record.waitingMs]).toEqual([72, 60]);
  });

  it('has the time for a permit, a pause, and a client that receives slowly', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    record.queued();
    clock.advance(40);
    record.admitted();
    clock.advance(1);
    record.waits();
    clock.advance(100);
    record.continues();
    clock.advance(1);
    record.written();
    clock.advance(1_000);
    record.finish(SUCCESS);
    expect([record.durationMs, record.waitingMs, record.queuedMs]).toEqual([1_142, 1_140, 40]);
  });

  it('ends with the request, although an attempt goes on', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    const attempt = record.attempt('stock', 'GET');
    clock.advance(30);
    record.finish(SUCCESS);
    clock.advance(500);
    attempt.end();
    attempt.end();
    expect([record.durationMs, record.waitingMs]).toEqual([30, 30]);
  });

  it('has the time of a call that waited for a permit in vain', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    record.queued();
    clock.advance(40);
    record.shed();
    clock.advance(2);
    record.finish(SUCCESS);
    expect([record.limit, record.queuedMs, record.waitingMs]).toEqual(['refused', 40, 40]);
  });
});

describe('an attempt', () => {
  it('keeps the status of a response that is truncated afterwards', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    const attempt = record.attempt('stock', 'GET', { origin: 'http://10.0.0.1:4001' });
    clock.advance(12);
    attempt.answered('answered', 200, 12);
    clock.advance(50);
    attempt.answered('truncated', undefined, 0);
    attempt.end();
    expect(attempt).toMatchObject({ outcome: 'truncated', status: 200 });
    expect((attempt.answeredAt ?? 0) - attempt.startedAt).toBe(12);
    expect((attempt.endedAt ?? 0) - attempt.startedAt).toBe(62);
  });

  it('that a part hedged, retried or waited for is in Server-Timing, whichever part was called last', () => {
    const clock = new FakeClock();
    const record = openRecord(clock);
    const [product, stock] = [record.part('product'), record.part('stock')];
    product.attempt('catalog', 'GET').end();
    product.hedged();
    product.retried('503');
    clock.advance(10);
    product.attempt('catalog', 'GET').end();
    clock.advance(10);
    stock.queued();
    stock.admitted();
    stock.attempt('stock', 'GET').end();
    for (const part of [product, stock]) part.end();
    expect(serverTiming(record)).toBe(
      'limit;desc="queued", sent;desc="1", retry;desc="503", hedge;desc="sent", ' +
        'part.product;dur=20;desc="ok", part.stock;dur=20;desc="ok", total;dur=20',
    );
  });

  it('is counted in Server-Timing without its target', () => {
    const record = openRecord();
    const targets = [{ aside: undefined }, { aside: 'ejected' }];
    record.attempt('stock', 'GET', { origin: 'http://10.0.0.1:4001' }, { targets: () => targets }).end();
    expect(serverTiming(record)).toBe('sent;desc="1", targets;desc="1 of 2", total;dur=0');
  });
});
