import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsResolver } from '../../src/service/discovery/dns-resolver.ts';
import { TestDnsServer } from '../support/dns-server.ts';
import { route, startGateway } from '../support/gateway.ts';
import { TRANSPORTS } from '../support/transports.ts';

/** Two targets of one name: two loopback addresses with one port. */
class Pair implements AsyncDisposable {
  readonly hosts: (string | undefined)[] = [];
  readonly sockets = { one: 0, two: 0 };
  readonly #servers: Server[] = [];
  port = 0;

  async start(): Promise<void> {
    this.port = await this.#listen('one', '127.0.0.1', 0);
    await this.#listen('two', '127.0.0.2', this.port);
  }

  #listen(name: 'one' | 'two', host: string, port: number): Promise<number> {
    const server = createServer((req: IncomingMessage, res) => {
      this.hosts.push(req.headers.host);
      res.setHeader('Location', `http://${host}:${this.port}/there`).setHeader('X-Host', `I am ${req.headers.host}`);
      res.end(name);
    });
    server.on('connection', socket => {
      this.sockets[name]++;
      socket.on('close', () => this.sockets[name]--);
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(this.#servers.map(server => new Promise(resolve => server.close(resolve))));
  }
}

describe.each(TRANSPORTS)('targets that are found by DNS, over %s', transport => {
  let dns: TestDnsServer;
  let pair: Pair;

  beforeEach(async () => {
    dns = await TestDnsServer.start();
    pair = new Pair();
    await pair.start();
  });

  afterEach(async () => {
    await dns[Symbol.asyncDispose]();
    await pair[Symbol.asyncDispose]();
  });

  const start = (targets: string) =>
    startGateway(
      {
        'routes/a.ts': route(
          `{ proxy: defineService('catalog', { targets: ${targets}, balance: 'round-robin', slowStart: false,
            transport: '${transport}' }), timeout: '4s' }`,
        ),
      },
      { resolver: new DnsResolver([dns.address]) },
    );
  const responses = async (url: string): Promise<string> => {
    const texts = [];
    for (let i = 0; i < 4; i++) texts.push(await (await fetch(`${url}/a`)).text());
    return [...new Set(texts)].sort().join(' ');
  };

  it('are called by name, follow the DNS, and stay while it does not respond', { timeout: 20_000 }, async () => {
    dns.records.set('catalog.internal', [{ data: '127.0.0.1' }]);
    await using gateway = await start(`{ dns: 'catalog.internal:${pair.port}' }`);
    expect(await responses(gateway.url)).toBe('one');
    // Discovered addresses are as private as listed ones.
    const { headers } = await fetch(`${gateway.url}/a`);
    expect(headers.get('location')).toBe(`${gateway.url}/there`);
    expect(headers.get('x-host')).toBe(`I am ${gateway.url.slice('http://'.length)}`);
    expect(new Set(pair.hosts)).toEqual(new Set([`catalog.internal:${pair.port}`]));

    dns.records.set('catalog.internal', [{ data: '127.0.0.1' }, { data: '127.0.0.2' }]);
    await expect.poll(() => responses(gateway.url), { timeout: 5_000 }).toBe('one two');

    dns.records.set('catalog.internal', [{ data: '127.0.0.2' }]);
    await expect.poll(() => responses(gateway.url), { timeout: 5_000 }).toBe('two');
    // The connections to a removed target are closed.
    await expect.poll(() => pair.sockets.one, { timeout: 5_000 }).toBe(0);

    dns.records.set('catalog.internal', []);
    const asked = dns.asked.length;
    await expect.poll(() => dns.asked.length, { timeout: 5_000 }).toBeGreaterThan(asked + 2);
    expect(await responses(gateway.url)).toBe('two');
  });

  it('delay the first calls, which fail without a result', async () => {
    dns.hangs = true;
    await using gateway = await start(`{ dns: 'catalog.internal:${pair.port}' }`);
    const early = fetch(`${gateway.url}/a`);
    await expect.poll(() => dns.asked.length).toBeGreaterThan(0);
    dns.hangs = false;
    dns.records.set('catalog.internal', [{ data: '127.0.0.1' }]);
    // The resolver repeats the lookup itself.
    expect(await (await early).text()).toBe('one');

    await using lost = await start("{ dns: 'nobody.internal:80' }");
    const response = await fetch(`${lost.url}/a`);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('nobody.internal');
  });

  it('delay no call as a canary, since the stable targets are available', async () => {
    dns.hangs = true;
    await using gateway = await start(
      `['http://127.0.0.1:${pair.port}'], canary: { targets: { dns: 'new.internal:${pair.port}' }, share: '50%' }`,
    );
    expect(await responses(gateway.url)).toBe('one');
  });

  it('are those of SRV records', async () => {
    dns.records.set('_http._tcp.catalog.internal', [
      { data: `10 1 ${pair.port} localhost` },
      { data: '20 1 1 localhost' },
    ]);
    await using gateway = await start("{ srv: '_http._tcp.catalog.internal' }");
    expect(await responses(gateway.url)).toBe('one');
    expect(new Set(pair.hosts)).toEqual(new Set([`localhost:${pair.port}`]));
  });

  it('may come from a function', async () => {
    await using gateway = await start(`async () => ['http://127.0.0.2:${pair.port}']`);
    expect(await responses(gateway.url)).toBe('two');
  });
});
