import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../support/clock.ts';
import { route } from '../support/gateway.ts';
import { proxying } from '../support/proxying.ts';
import { openRaw, parsed, textOf } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

const SOCKETS = 200;

/** Connections that send the start of a request, and what the gateway sends before it closes each of them. */
async function dripping(port: number, beginning: string) {
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openRaw(port)));
  const texts = Promise.all(sockets.map(socket => textOf(socket)));
  for (const socket of sockets) socket.write(beginning);
  return { sockets, texts };
}

/** Sends one byte at a time on each of them until all of them are closed. */
async function drip(sockets: readonly Socket[]): Promise<void> {
  while (sockets.some(({ destroyed }) => !destroyed)) {
    for (const socket of sockets) if (socket.writable) socket.write('x');
    await delay(50);
  }
}

// One connection of each kind is tested in test/torture/limits.test.ts, 5,000 in `npm run soak`.
describe(`${SOCKETS} connections that send one byte now and then`, () => {
  it('are all closed before their request headers are complete, while other clients are served', async () => {
    const { port, url } = await gateway({
      'routes/hello.get.ts': route(`{ handler: () => 'hello' }`),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ limits: { headersTimeout: '1s' } });\n`,
    });
    const { sockets, texts } = await dripping(port, 'GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    const cut = drip(sockets);
    for (let i = 0; i < 20; i++) expect((await fetch(`${url}/hello`)).status).toBe(200);
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);
    await cut;
    expect(new Set((await texts).map(text => parsed(text).status))).toEqual(new Set([408]));
    expect((await fetch(`${url}/hello`)).status).toBe(200);
  });

  it.each(TRANSPORTS)(
    'are all closed before their bodies are complete, and so are their calls, over %s',
    async transport => {
      let open = 0;
      const all = Promise.withResolvers<void>();
      const { url } = await backend((req, res) => {
        if (req.method === 'GET') {
          res.end('hello');
          return;
        }
        if (++open === SOCKETS) all.resolve();
        req.on('close', () => open--);
      });
      const clock = new FakeClock();
      const service = `{ targets: ['${url}'], transport: '${transport}', concurrency: false }`;
      const made = await gateway(proxying(service, { '[[...path]].ts': 'timeout: false' }), { clock });
      const { sockets, texts } = await dripping(
        made.port,
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nslow',
      );
      await all.promise;
      expect((await fetch(made.url)).status).toBe(200);
      for (const socket of sockets) socket.write('x');
      clock.advance(10_000);
      await Promise.all(sockets.map(socket => (socket.destroyed ? undefined : once(socket, 'close'))));
      expect(new Set((await texts).map(text => parsed(text).status))).toEqual(new Set([408]));
      await expect.poll(() => open).toBe(0);
      expect((await fetch(made.url)).status).toBe(200);
    },
  );
});
