import { describe, expect, it } from 'vitest';
import type { Service } from '../../src/config/service.ts';
import { defineService } from '../../src/index.ts';
import { createBackend } from '../../src/service/backend.ts';
import { UpstreamAddresses } from '../../src/service/response-sanitizer/upstream-addresses.ts';
import { FakeClock } from '../support/clock.ts';
import { NO_ATTEMPT_METER } from '../support/service-reading.ts';

const hangs = () => new Promise<never>(() => undefined);

function bench(service: Service, seeks: boolean) {
  const clock = new FakeClock();
  const backend = createBackend(service, {
    clock,
    known: new UpstreamAddresses(),
    meter: { service: () => NO_ATTEMPT_METER },
    pressure: { level: 0 },
    initialLimits: {},
    leakGuard: undefined,
    leaked: () => undefined,
    resolver: { addresses: hangs, services: hangs },
    seeks,
    lookup: () => undefined,
  });
  return { clock, backend };
}

describe('a backend', () => {
  const service = defineService('catalog', {
    targets: ['http://127.0.0.1:1'],
    health: '/readyz',
    canary: { targets: hangs, share: '5%' },
  });

  it('starts neither discovery nor health checks for a command that only lists routes', () => {
    expect(bench(service, false).clock.waiting).toBe(0);
  });

  it('releases everything when it is closed, whatever hangs', async () => {
    const { clock, backend } = bench(service, true);
    expect(clock.waiting).toBe(2);
    await backend.close();
    await new Promise(setImmediate);
    expect(clock.waiting).toBe(0);
  });
});
