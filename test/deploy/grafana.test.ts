import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { installed, missing } from '../support/installed.ts';
import { freePort } from '../support/port.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();
const FILE = new URL('../../deploy/grafana/portico.json', import.meta.url);
const noPrometheus = missing('prometheus');

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[];
  };
}

const dashboard: Dashboard = JSON.parse(await readFile(FILE, 'utf8'));

/** A real Prometheus that scrapes one address. */
class Prometheus implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #dir: string;
  readonly #url: string;

  private constructor(process: ChildProcess, dir: string, url: string) {
    this.#process = process;
    this.#dir = dir;
    this.#url = url;
  }

  static async scraping(address: string): Promise<Prometheus> {
    const dir = await mkdtemp(join(tmpdir(), 'portico-prometheus-'));
    const config = {
      global: { scrape_interval: '500ms' },
      scrape_configs: [{ job_name: 'portico', static_configs: [{ targets: [address] }] }],
    };
    // JSON is YAML.
    await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config));
    const port = await freePort();
    const args = [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(dir, 'data')}`];
    const process = spawn(installed('prometheus'), [...args, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: 'ignore',
    });
    const prometheus = new Prometheus(process, dir, `http://127.0.0.1:${port}`);
    await expect.poll(() => prometheus.isReady()).toBe(true);
    return prometheus;
  }

  async isReady(): Promise<boolean> {
    return fetch(`${this.#url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** The number of series that a query gives. @throws Error for one that Prometheus does not understand. */
  async query(expr: string): Promise<number> {
    const response = await fetch(`${this.#url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    });
    const { status, error, data } = (await response.json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: { readonly result: readonly unknown[] };
    };
    if (status !== 'success') throw new Error(`${error}: ${expr}`);
    return data?.result.length ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'close');
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** A query as Grafana sends it with all routes and services. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(?:route|service)\b/g, '.*');
}

const QUERIES = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr: filledIn(expr) })),
);

describe.skipIf(noPrometheus !== undefined)(`the Grafana dashboard ${noPrometheus ?? ''}`, () => {
  it('has queries that each find series in a scrape of a gateway that has everything', {
    timeout: 90_000,
  }, async () => {
    let isSick = false;
    const backend = own(
      await startBackend((req, res) => {
        if (req.url === '/sick') res.writeHead(isSick ? 503 : 200).end();
        else setTimeout(() => res.setHeader('Content-Type', 'application/json').end('1'), 5);
      }),
    );
    const project = own(
      await createProject({
        'services.ts': `import { defineService } from 'portico';
          export const stock = defineService('stock', {
            targets: ['${backend.url}', '${backend.url.replace('127.0.0.1', 'localhost')}'], concurrency: 1 });\n`,
        'portico.config.ts': `import { defineGateway } from 'portico';
          export default defineGateway({ auth: { apiKey: { hashes: ['program ${'0'.repeat(64)}'] } }, csrf: {} });\n`,
        'routes/cached.get.ts': `import { defineRoute } from 'portico';
          import { stock } from '#services';
          export default defineRoute({ proxy: stock, cache: { ttl: '1s' }, fallback: null });\n`,
        'routes/page.get.ts': `import { defineRoute, type } from 'portico';
          import { stock } from '#services';
          export default defineRoute({
            aggregate: { stock: { from: stock\`/stock\`, response: type<number>(), optional: true } },
            reply: parts => parts,
          });\n`,
        'routes/sick.get.ts': `import { defineRoute } from 'portico';
          import { stock } from '#services';
          export default defineRoute({ proxy: stock, retry: { attempts: 2 }, breaker: { minRequests: 5 }, fallback: null });\n`,
        'routes/limited.get.ts': `import { defineRoute } from 'portico';
          export default defineRoute({ rateLimit: { everybody: { rate: '1/1s', key: () => 'all' } }, handler: () => 1 });\n`,
        'routes/keyed.get.ts': `import { defineRoute } from 'portico';
          export default defineRoute({ auth: 'required', handler: () => 1 });\n`,
        'routes/form.post.ts': `import { defineRoute } from 'portico';
          export default defineRoute({ handler: () => 1 });\n`,
      }),
    );
    const portico = own(startPortico('start', ['--dir', project.dir, '--workers', '2']));
    const { url, adminUrl } = await portico.ready();
    const prometheus = own(await Prometheus.scraping(new URL(adminUrl).host));
    const traffic = async (): Promise<void> => {
      isSick = !isSick;
      const paths = ['/cached', '/page', '/page', '/sick', '/sick', '/sick', '/limited', '/limited', '/keyed'];
      const gets = [...paths, ...paths].map(path => fetch(url + path).then(response => response.text()));
      const form = fetch(`${url}/form`, {
        method: 'POST',
        headers: { Origin: 'https://elsewhere.example', Cookie: 'sid=1' },
      });
      await Promise.all([...gets, form.then(response => response.text())]);
    };
    const empty = async () => {
      for (let i = 0; i < 4; i++) {
        await traffic();
        // Over several scrapes, since a rate needs two.
        await wait(150);
      }
      const counts = await Promise.all(QUERIES.map(({ expr }) => prometheus.query(expr)));
      return QUERIES.filter((_, i) => counts[i] === 0).map(({ title }) => title);
    };
    await expect.poll(empty, { timeout: 60_000 }).toEqual([]);
    for (const { name, query } of dashboard.templating.list) {
      if (name === 'datasource') continue;
      const [, metric = '', label = ''] =
        /^label_values\((\w+), (\w+)\)$/.exec(typeof query === 'string' ? query : query.query) ?? [];
      expect(await prometheus.query(`count by (${label}) (${metric})`), name).toBeGreaterThan(0);
    }
    await expect(prometheus.query('sum by (')).rejects.toThrow('sum by (');
  });
});

it('the Grafana dashboard has a query in each panel, and each panel once', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  expect(panels.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
});
