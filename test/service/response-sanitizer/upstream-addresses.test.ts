import { describe, expect, it } from 'vitest';
import { UpstreamAddresses } from '../../../src/service/response-sanitizer/upstream-addresses.ts';

const CLIENT = { address: '192.0.2.1', protocol: 'http', host: 'shop.test', mount: '' } as const;
const target = (origin: string) => ({ target: { origin, base: '' } });

describe('the known upstream addresses', () => {
  it('include a removed target, whose last responses are still in flight', () => {
    const known = new UpstreamAddresses();
    const group = { isPublic: false };
    const [old, young] = [target('http://10.0.0.5:4001'), target('http://10.0.0.6:4001')];
    known.add([old, young], group);
    known.add([young], group);
    expect(known.isBackend('10.0.0.5:4001', 'shop.test')).toBe(true);
    expect(known.hidden('see http://10.0.0.5:4001/here', CLIENT)).toBe('see http://shop.test/here');
    known.add([young, old], group);
    expect(known.isBackend('10.0.0.5:4001', 'shop.test')).toBe(true);
  });

  it('stay bounded, however many targets come and go', () => {
    const known = new UpstreamAddresses();
    const group = { isPublic: false };
    for (let i = 0; i < 1_000; i++) known.add([target(`http://10.0.${i >> 8}.${i & 255}:4001`)], group);
    expect(known.isBackend('10.0.0.0:4001', 'shop.test')).toBe(false);
    expect(known.isBackend('10.0.3.230:4001', 'shop.test')).toBe(true);
  });
});
