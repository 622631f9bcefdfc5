import { describe, expect, it } from 'vitest';
import { RecentEntries } from '../../src/identity/recent-entries.ts';

describe('recent entries', () => {
  it('are bounded, and the last half of them is kept', () => {
    const entries = new RecentEntries<number>(100);
    for (let i = 0; i < 1_000; i++) {
      entries.set(`key ${i}`, i);
      expect(entries.size).toBeLessThanOrEqual(100);
    }
    for (let i = 950; i < 1_000; i++) expect(entries.get(`key ${i}`)).toBe(i);
    expect(entries.get('key 0')).toBeUndefined();
  });

  it('that are read stay', () => {
    const entries = new RecentEntries<string>(100);
    entries.set('read', 'often');
    for (let i = 0; i < 1_000; i++) {
      entries.set(`key ${i}`, '');
      expect(entries.get('read')).toBe('often');
      expect(entries.size).toBeLessThanOrEqual(100);
    }
  });

  it('have the last value of a key', () => {
    const entries = new RecentEntries<number>(4);
    entries.set('a', 1);
    entries.set('b', 1);
    entries.set('c', 1);
    entries.set('a', 2);
    expect([entries.get('a'), entries.size]).toEqual([2, 3]);
  });
});
