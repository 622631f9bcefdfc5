import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendProcess } from '../support/backend-process.ts';
import { FrontServer, NGINX } from '../support/front-server.ts';
import { askShop } from '../support/hosts.ts';
import { DEPLOY, ProjectGateway } from '../support/project-gateway.ts';
import { testResources } from '../support/resources.ts';

const PRODUCTS = fileURLToPath(new URL('../support/processes/product-server.ts', import.meta.url));
const { own } = testResources();

describe('one gateway beside one application server', () => {
  let dir = '';
  let app: BackendProcess;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'portico-deploy-'));
    app = own(await BackendProcess.start(join(dir, 'ledger'), PRODUCTS));
  });

  afterEach(() => rm(dir, { recursive: true }));

  it('responds over loopback, and goes on when the app is back', async () => {
    const gateway = own(await ProjectGateway.start({ env: { APP_TARGETS: app.url } }));
    const stored = await askShop(gateway, '/api/products/7');
    expect(stored.status).toBe(200);
    expect((await askShop(gateway, '/any/page?of=it')).body).toContain('"path":"/any/page?of=it"');

    await app.kill();
    expect((await askShop(gateway, '/any/page')).status).toBe(502);
    expect((await askShop(gateway, '/api/products/7')).body).toBe(stored.body);

    await app.start();
    await expect.poll(async () => (await askShop(gateway, '/any/page')).status).toBe(200);
  });

  it('finishes what it has when it is stopped, and meanwhile says 503 and accepts nothing else', async () => {
    const gateway = own(await ProjectGateway.start({ env: { APP_TARGETS: app.url } }));
    expect([await gateway.readiness(), (await askShop(gateway, '/healthz')).body]).toEqual([200, 'ok\n']);
    const held = askShop(gateway, '/held');
    const received = async () => (await app.executed()).some(({ what }) => what === 'GET /held');
    await expect.poll(received).toBe(true);
    const ended = gateway.drain();
    await expect.poll(() => gateway.readiness()).toBe(503);
    await expect(fetch(`http://${gateway.address}/healthz`)).rejects.toThrow();
    await fetch(`${app.url}/release`);
    expect((await held).status).toBe(200);
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  describe.skipIf(NGINX.missing !== undefined)(`behind nginx on a Unix socket ${NGINX.missing ?? ''}`, () => {
    it('responds, knows the client, and a gateway that was killed comes back on the same socket', async () => {
      const socket = join(dir, 'web.sock');
      const env = { APP_TARGETS: app.url, TRUSTED_PROXIES: 'unix' };
      const gateway = own(await ProjectGateway.start({ env, socket }));
      const front = own(await FrontServer.start(NGINX, join(DEPLOY, 'one-to-one'), { GATEWAY_SOCKET: socket }));
      const page = () => askShop(front, '/page', { headers: { 'X-Forwarded-For': '192.0.2.1' } });
      expect(JSON.parse((await page()).body)).toMatchObject({ clients: '127.0.0.1, unknown', protocol: 'http' });

      await gateway.kill();
      expect((await page()).status).toBe(502);
      await gateway.restart();
      expect((await page()).status).toBe(200);

      expect(await gateway.drain()).toMatchObject({ code: 0 });
      await gateway.restart();
      expect((await page()).status).toBe(200);
    });
  });
});
