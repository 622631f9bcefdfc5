import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameRelay } from '../../../src/http/websocket/frame-relay.ts';

const FAREWELL = Buffer.from('bye');
const TEXT = 0x81;
const CLOSE = 0x88;

/** A frame as RFC 6455 §5.2 defines it, with the length in the given number of bytes. */
function frame(first: number, size: number, masked: boolean, width: 7 | 16 | 64): Buffer {
  const mask = masked ? 0x80 : 0;
  const payload = Buffer.alloc(size, 0x88);
  const key = masked ? Buffer.from([0x88, 0x88, 0x88, 0x88]) : Buffer.alloc(0);
  if (width === 7) return Buffer.concat([Buffer.from([first, mask | size]), key, payload]);
  const length = Buffer.alloc(width / 8);
  if (width === 16) length.writeUInt16BE(size);
  else length.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([Buffer.from([first, mask | (width === 16 ? 126 : 127)]), length, key, payload]);
}

const frames = fc.array(
  fc
    .record({ masked: fc.boolean(), width: fc.constantFrom(7, 16, 64), size: fc.nat({ max: 125 }) })
    .map(({ masked, width, size }) => frame(TEXT, width === 64 ? size * 700 : size, masked, width)),
  { minLength: 1, maxLength: 5 },
);

describe('one direction of a WebSocket', () => {
  it('ends after the current frame, however the bytes are split', () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.nat(), (sent, at, later) => {
        const bytes = Buffer.concat(sent);
        const cut = at % (bytes.length + 1);
        const next = cut + (later % (bytes.length - cut + 1));
        const lane = new FrameRelay(() => FAREWELL);
        const passed = Buffer.concat([
          lane.pass(bytes.subarray(0, cut)),
          lane.leave(),
          lane.pass(bytes.subarray(cut, next)),
          lane.pass(bytes.subarray(next)),
        ]);
        let end = 0;
        for (const { length } of sent) if (end < cut) end += length;
        expect(passed.equals(Buffer.concat([bytes.subarray(0, end), FAREWELL]))).toBe(true);
        expect(lane.over).toBe(true);
        expect(lane.finished).toBe(false);
      }),
    );
  });

  it('sends no close frame of its own if its sender has sent one, and passes that one', () => {
    const close = frame(CLOSE, 2, true, 7);
    for (let cut = 2; cut <= close.length; cut++) {
      const lane = new FrameRelay(() => FAREWELL);
      const passed = [lane.pass(close.subarray(0, cut)), lane.leave(), lane.pass(close.subarray(cut))];
      expect(Buffer.concat(passed).equals(close)).toBe(true);
      expect(lane.finished).toBe(true);
    }
  });

  it('discards the close frame that its sender sends after ours', () => {
    const lane = new FrameRelay(() => FAREWELL);
    expect(lane.leave()).toEqual(FAREWELL);
    expect(lane.pass(frame(CLOSE, 2, false, 7))).toHaveLength(0);
    expect(lane.finished).toBe(true);
  });
});
