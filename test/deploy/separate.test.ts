import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendProcess } from '../support/backend-process.ts';
import { FrontServer, HAPROXY, NGINX } from '../support/front-server.ts';
import { askShop } from '../support/hosts.ts';
import { IdempotentLoad } from '../support/idempotent-load.ts';
import { DEPLOY, ProjectGateway } from '../support/project-gateway.ts';
import { testResources } from '../support/resources.ts';

const PRODUCTS = fileURLToPath(new URL('../support/processes/product-server.ts', import.meta.url));
const { own } = testResources();

describe.each([HAPROXY, NGINX])('two gateways behind $name', program => {
  let dir = '';
  let gateways: readonly [ProjectGateway, ProjectGateway];
  let front: FrontServer;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'portico-deploy-'));
    const apps = [1, 2].map(number => BackendProcess.start(join(dir, `ledger${number}`), PRODUCTS));
    const urls = (await Promise.all(apps)).map(app => own(app).url);
    const start = () => ProjectGateway.start({ env: { APP_TARGETS: urls.join(',') } });
    gateways = [own(await start()), own(await start())];
    const [first, second] = gateways;
    const variables = { GATEWAY_1: first.address, GATEWAY_2: second.address };
    front = own(await FrontServer.start(program, join(DEPLOY, 'separate'), variables));
  });

  afterEach(() => rm(dir, { recursive: true }));

  it.skipIf(program.missing !== undefined)(
    `serve both, and say who the client is, whatever it says itself ${program.missing ?? ''}`,
    async () => {
      const before = await Promise.all(gateways.map(gateway => gateway.served()));
      for (let number = 0; number < 20; number++) {
        const { body } = await askShop(front, '/page', { headers: { 'X-Forwarded-For': '192.0.2.1' } });
        expect(JSON.parse(body)).toMatchObject({ clients: '127.0.0.1, 127.0.0.1', protocol: 'http' });
      }
      const after = await Promise.all(gateways.map(gateway => gateway.served()));
      for (const [i, count] of after.entries()) expect(count).toBeGreaterThan((before[i] ?? 0) + 4);
    },
  );

  it.skipIf(program.missing !== undefined)(
    `restart one after the other under load, and no request fails ${program.missing ?? ''}`,
    async () => {
      const load = new IdempotentLoad(front);
      await load.more(100);
      for (const gateway of gateways) {
        expect(await gateway.drain()).toMatchObject({ code: 0 });
        await load.more(100);
        await gateway.restart();
        // As whoever restarts servers has to: the next one only when this one has requests again.
        await expect.poll(() => gateway.served()).toBeGreaterThan(10);
      }
      await load.more(100);
      await load.stop();
      expect(load.failures).toEqual([]);
    },
    60_000,
  );
});
