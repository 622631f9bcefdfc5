import { describe, expect, it } from 'vitest';
import { BegunTraces } from '../../src/core/begun-traces.ts';
import { TraceIds } from '../../src/core/trace-ids.ts';

describe('the trace of a request', () => {
  it('is random, in the form of the header, and never the same', () => {
    const traces = new BegunTraces();
    const begun = Array.from({ length: 1_000 }, () => traces.begin());
    for (const each of begun) expect(each).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
    expect(new Set(begun.map(each => each.slice(3, 35))).size).toBe(1_000);
    expect(new Set(begun.map(each => each.slice(36, 52))).size).toBe(1_000);
  });

  it('keeps its id and flags for a call, which has a parent id of its own', () => {
    const traces = new TraceIds();
    const parent = new BegunTraces().begin();
    const child = traces.child(parent);
    expect(child.slice(0, 36)).toBe(parent.slice(0, 36));
    expect(child.slice(36, 52)).not.toBe(parent.slice(36, 52));
    expect(child.slice(52)).toBe('-02');
  });
});
