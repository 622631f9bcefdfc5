import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { authority, clientCert, clientKey, expiredCert, serverCert, serverKey } from '../support/authority.ts';
import * as stranger from '../support/certificate.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { scriptedBackend } from '../support/scripted-backend.ts';
import { TRANSPORTS } from '../support/transports.ts';

const { own, gateway } = testResources();

interface SecureBackend extends AsyncDisposable {
  readonly port: number;
  readonly seen: string[];
  become(options: TlsOptions): void;
}

/** An https backend that reports the certificate and server name it received, and echoes WebSocket messages. */
async function secureBackend(options: TlsOptions): Promise<SecureBackend> {
  const seen: string[] = [];
  const server = createServer({ cert: serverCert, key: serverKey, ...options }, (_req, res) => res.end('secret'));
  server.on('secureConnection', socket => {
    const subject = socket.getPeerCertificate()?.subject?.CN;
    seen.push([String(subject ?? 'nobody'), String(socket.servername)].join(' asks '));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', socket => socket.on('message', text => socket.send(`echo ${text}`)));
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    become: changed => {
      server.setSecureContext(changed);
      server.closeAllConnections();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      sockets.close();
      await closed;
    },
  };
}

describe.each(TRANSPORTS)('TLS to a backend, over %s', transport => {
  const to = (port: number, tls: object) =>
    gateway({
      'routes/[[...path]].ts': route(
        `{ proxy: defineService('catalog', { targets: ['https://127.0.0.1:${port}'],
          transport: '${transport}', tls: ${JSON.stringify(tls)} }) }`,
      ),
    });
  const answerOf = async (url: string) => {
    const response = await fetch(url);
    const text = await response.text();
    return response.status === 200 ? text : { ...JSON.parse(text), proxyStatus: response.headers.get('proxy-status') };
  };

  it('trusts the service’s own authority and checks the service’s own server name', async () => {
    const { port, seen } = await own(await secureBackend({}));
    const { url } = await to(port, { ca: authority, servername: 'catalog.internal' });
    expect(await answerOf(url)).toBe('secret');
    expect(seen).toEqual(['nobody asks catalog.internal']);
  });

  it('checks the certificate of a discovered target for its name', async () => {
    const { port, seen } = await own(await secureBackend({}));
    const addresses = async () => [{ address: '127.0.0.1', ttlSeconds: 60 }];
    const service = (name: string) =>
      `defineService('${name}', { targets: { dns: 'https://${name}.internal:${port}' },
        transport: '${transport}', tls: { ca: ${JSON.stringify(authority)} } })`;
    const { url } = await gateway(
      {
        'routes/good.ts': route(`{ proxy: ${service('catalog')} }`),
        'routes/bad.ts': route(`{ proxy: ${service('stock')} }`),
      },
      { resolver: { addresses, services: async () => [] } },
    );
    expect(await answerOf(`${url}/good`)).toBe('secret');
    expect(seen).toEqual(['nobody asks catalog.internal']);
    expect(await answerOf(`${url}/bad`)).toMatchObject({ code: 'upstream.untrusted' });
  });

  it.each([
    ['its authority is unknown', {}, { servername: 'catalog.internal' }],
    ['it is for another name', {}, { ca: authority, servername: 'stock.internal' }],
    ['it has expired', { cert: expiredCert }, { ca: authority, servername: 'catalog.internal' }],
    ['it is self-signed', { cert: stranger.cert, key: stranger.key }, { ca: authority, servername: 'localhost' }],
  ])('rejects a certificate and names it when %s', async (_name, options, tls) => {
    const { port } = await own(await secureBackend(options));
    const { url } = await to(port, tls);
    expect(await answerOf(url)).toMatchObject({
      status: 502,
      code: 'upstream.untrusted',
      detail: 'catalog showed a certificate that is not trusted',
      proxyStatus: 'portico; error=tls_certificate_error',
    });
  });

  it('notices a certificate that becomes untrusted, and its return', async () => {
    const backend = await own(await secureBackend({}));
    const { url } = await to(backend.port, { ca: authority, servername: 'catalog.internal' });
    expect(await answerOf(url)).toBe('secret');
    backend.become({ cert: stranger.cert, key: stranger.key });
    expect(await answerOf(url)).toMatchObject({ code: 'upstream.untrusted' });
    backend.become({ cert: serverCert, key: serverKey });
    expect(await answerOf(url)).toBe('secret');
  });

  it('sends the gateway’s client certificate, and names the failure without one', async () => {
    const mutual = { ca: authority, requestCert: true, rejectUnauthorized: true };
    const { port, seen } = await own(await secureBackend(mutual));
    const known = { ca: authority, servername: 'catalog.internal' };
    const { url } = await to(port, { ...known, cert: clientCert, key: clientKey });
    expect(await answerOf(url)).toBe('secret');
    expect(seen).toEqual(['gateway.internal asks catalog.internal']);
    const without = await to(port, known);
    // TLS 1.3 rejects after the handshake, and undici sees the close before the reason.
    const code = transport === 'undici' ? 'upstream.reset' : 'upstream.tls';
    expect(await answerOf(without.url)).toMatchObject({ status: 502, code });
  });

  it('with a backend that speaks no TLS is 502, without a stack trace', async () => {
    const { port } = await own(
      await scriptedBackend(socket => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
    );
    const { url } = await to(port, { ca: authority });
    const problem = await answerOf(url);
    expect(problem).toMatchObject({ status: 502, code: 'upstream.tls' });
    expect(JSON.stringify(problem)).not.toMatch(/node:|\.ts|127\.0\.0\.1/);
  });
});

describe('a WebSocket to a TLS backend', () => {
  const to = (port: number, tls: object) =>
    gateway({
      'routes/ws.get.ts': route(
        `{ proxy: defineService('catalog', { targets: ['https://127.0.0.1:${port}'], tls: ${JSON.stringify(tls)} }) }`,
      ),
    });

  it('checks the same certificates', async () => {
    const { port, seen } = await own(await secureBackend({}));
    const { url } = await to(port, { ca: authority, servername: 'catalog.internal' });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    const message = Promise.withResolvers<unknown>();
    socket.onopen = () => socket.send('hello');
    socket.onmessage = ({ data }) => message.resolve(data);
    expect(await message.promise).toBe('echo hello');
    socket.close();
    expect(seen).toEqual(['nobody asks catalog.internal']);
    const strict = await to(port, { servername: 'catalog.internal' });
    const upgrade = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
    const { status, body } = parsed(await exchangeRaw(strict.port, upgrade + key));
    expect([status, JSON.parse(body).code]).toEqual([502, 'upstream.untrusted']);
  });
});
