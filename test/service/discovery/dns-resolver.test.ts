import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DnsResolver } from '../../../src/service/discovery/dns-resolver.ts';
import { TestDnsServer } from '../../support/dns-server.ts';

describe('DNS lookups', () => {
  let server: TestDnsServer;
  let resolver: DnsResolver;
  const forever = new AbortController().signal;

  beforeAll(async () => {
    server = await TestDnsServer.start();
    resolver = new DnsResolver([server.address]);
  });

  afterAll(() => server[Symbol.asyncDispose]());

  it('return addresses of both families with their TTL', async () => {
    server.records.set('catalog.internal', [
      { data: '10.0.0.5', ttlSeconds: 7 },
      { data: '2001:db8::5', ttlSeconds: 60 },
    ]);
    expect(await resolver.addresses('catalog.internal', forever)).toEqual([
      { address: '10.0.0.5', ttlSeconds: 7 },
      { address: '2001:db8::5', ttlSeconds: 60 },
    ]);
  });

  it('return targets with priority and weight', async () => {
    server.records.set('_http._tcp.catalog.internal', [
      { data: '10 5 4001 a.internal' },
      { data: '20 0 4002 b.internal' },
    ]);
    const records = await resolver.services('_http._tcp.catalog.internal', forever);
    expect(records.map(({ name, port, priority, weight }) => [name, port, priority, weight]).toSorted()).toEqual([
      ['a.internal', 4001, 10, 5],
      ['b.internal', 4002, 20, 0],
    ]);
  });

  it('return nothing for an unknown name', async () => {
    expect(await resolver.addresses('nobody.internal', forever)).toEqual([]);
    expect(await resolver.services('_http._tcp.nobody.internal', forever)).toEqual([]);
  });

  it('are aborted by their signal', async () => {
    server.hangs = true;
    const giveUp = new AbortController();
    const response = resolver.addresses('catalog.internal', giveUp.signal);
    giveUp.abort();
    await expect(response).rejects.toMatchObject({ code: 'ECANCELLED' });
    server.hangs = false;
  });
});
