import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Shop, startShop } from '../../demo/shop.ts';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { type RunningCommand, runPortico } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { shopProject } from '../support/shop-project.ts';
import { SCENARIOS, ShopVisit } from './shop-scenarios.ts';

const TOO_LONG = 60_000;

/** The addresses of the services, without what the sign-in needs. */
const targetsIn = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).filter(([name]) => name.endsWith('_TARGETS'));

/** Everything that tries to reach a backend: listeners at all of their addresses. */
class Listeners {
  readonly callers: string[] = [];
  readonly #servers: Server[] = [];

  async listenAt(env: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, targets] of targetsIn(env)) {
      for (const target of targets.split(',')) await this.#listen(name, Number(new URL(target).port));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map(server => new Promise(resolve => server.close(resolve))));
  }

  #listen(name: string, port: number): Promise<void> {
    const server = createServer(socket => {
      this.callers.push(name);
      socket.destroy();
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
  }
}

describe.skipIf(noBrowser !== undefined)(`the shop${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  let browser: Browser;
  let project: TestProject;
  let shop: Shop;

  beforeAll(async () => {
    [browser, project, shop] = await Promise.all([openBrowser(), shopProject(), startShop()]);
  });

  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await project?.[Symbol.asyncDispose]();
  });

  async function play(name: string, url: string): Promise<void> {
    const visitor = `g-${name.replaceAll(' ', '-')}`;
    const visit = new ShopVisit(browser, url, visitor);
    try {
      await SCENARIOS[name]?.(visit);
    } finally {
      await visit.close();
    }
    expect(visit.errors).toEqual([]);
  }

  describe('while portico record runs', () => {
    let portico: RunningCommand;

    beforeAll(async () => {
      portico = await runPortico(['record', '--dir', project.dir], shop.env);
    });

    afterAll(() => portico?.[Symbol.asyncDispose]());

    it.each(Object.keys(SCENARIOS))('%s', { timeout: TOO_LONG }, name => play(name, portico.url));
  });

  describe('with all backends stopped and portico dev --replay', () => {
    let portico: RunningCommand;
    const listeners = new Listeners();

    beforeAll(async () => {
      await shop.close();
      await listeners.listenAt(shop.env);
      portico = await runPortico(['dev', '--replay', '--dir', project.dir], shop.env);
    });

    afterAll(async () => {
      await portico?.[Symbol.asyncDispose]();
      await listeners.close();
    });

    it.each(Object.keys(SCENARIOS))('%s', { timeout: TOO_LONG }, name => play(name, portico.url));

    it('has opened no connection to any backend', () => {
      expect(listeners.callers).toEqual([]);
    });

    it('has a folder for each service', async () => {
      const services = targetsIn(shop.env).map(([name]) => name.replace('_TARGETS', '').toLowerCase());
      const folders = await readdir(join(project.dir, 'recordings'));
      expect(folders.sort()).toEqual([...services, 'recordings.json'].sort());
    });
  });
});
