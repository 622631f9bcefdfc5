import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBoundary } from '../../src/http/event-boundary.ts';

const after = (...chunks: readonly string[]): EventBoundary => {
  const boundary = new EventBoundary();
  for (const chunk of chunks) boundary.follow(Buffer.from(chunk));
  return boundary;
};

describe('the end of an event', () => {
  it.each(['', 'a\n\n', 'a\r\n\r\n', 'a\r\r', 'a\n\n\n', 'a\r\n\n', 'a\n\r\n', ': ping\n\n'])(
    'is found after %j',
    text => {
      expect(after(text).reached).toBe(true);
      expect(after(...text).reached).toBe(true);
    },
  );

  it.each(['a', 'a\n', 'a\r\n', 'a\r', 'a\n\nb', 'a\n\nb\r\n'])('is not found after %j', text => {
    expect(after(text).reached).toBe(false);
    expect(after(...text).reached).toBe(false);
  });

  it.each([
    [['data: 1'], '\n\ndata: 2\n\n', 2],
    [['data: 1\n'], '\ndata: 2\n\n', 1],
    [['data: 1\r'], '\n\r\ndata: 2', 3],
    [['data: 1\r\n'], '\r\ndata: 2', 2],
    [['data: 0\n\nda'], 'ta: 1\nid: 7\n\n', 13],
    [['data: 1'], 'still\ngoing', undefined],
  ] as const)('after %j is in %j at %i', (before, chunk, end) => {
    expect(after(...before).endIn(Buffer.from(chunk))).toBe(end);
  });

  it('does not depend on the chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é'), maxLength: 20 });
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 30 }), (bytes, cut) => {
        const whole = Buffer.from(bytes);
        const boundary = new EventBoundary();
        boundary.follow(whole.subarray(0, cut));
        boundary.follow(whole.subarray(cut));
        expect(boundary.reached).toBe(after(bytes).reached);
      }),
    );
  });
});
