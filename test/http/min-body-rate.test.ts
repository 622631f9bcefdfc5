import { describe, expect, it, vi } from 'vitest';
import { RateWatch } from '../../src/http/min-body-rate.ts';
import { FakeClock } from '../support/clock.ts';

const watched = () => {
  const clock = new FakeClock();
  const tooSlow = vi.fn<() => void>();
  return { clock, tooSlow, watch: new RateWatch({ clock, perSecond: 500 }, tooSlow) };
};

describe('the minimum body rate', () => {
  it('is violated if ten seconds bring too few bytes', () => {
    const { clock, tooSlow, watch } = watched();
    watch.count(4_999);
    clock.advance(9_999);
    expect(tooSlow).not.toHaveBeenCalled();
    clock.advance(1);
    expect(tooSlow).toHaveBeenCalledOnce();
    expect(clock.waiting).toBe(0);
  });

  it('is checked again and again', () => {
    const { clock, tooSlow, watch } = watched();
    for (let i = 0; i < 30; i++) {
      watch.count(500);
      clock.advance(1_000);
    }
    expect(tooSlow).not.toHaveBeenCalled();
    clock.advance(10_000);
    expect(tooSlow).toHaveBeenCalledOnce();
  });

  it('does not count the time in which the body was not read', () => {
    const { clock, tooSlow, watch } = watched();
    clock.advance(4_000);
    watch.pause();
    clock.advance(60_000);
    watch.resume();
    clock.advance(3_000);
    watch.pause();
    clock.advance(60_000);
    watch.resume();
    expect(tooSlow).not.toHaveBeenCalled();
    clock.advance(10_000);
    expect(tooSlow).toHaveBeenCalledOnce();
  });

  it('is no longer checked after the end of the body', () => {
    const { clock, tooSlow, watch } = watched();
    watch.stop();
    clock.advance(20_000);
    expect(tooSlow).not.toHaveBeenCalled();
  });
});
