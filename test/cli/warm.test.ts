import { describe, expect, it } from 'vitest';
import { linksOf, locations, pathOf } from '../../src/cli/warm/links.ts';
import { PageCrawler, type PageOutcome } from '../../src/cli/warm/page-crawler.ts';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const CONFIG = `import { defineGateway } from 'portico';
export default defineGateway({ cache: { disk: 'pages.db' } });\n`;

const PAGES: Readonly<Record<string, string>> = {
  '/docs/start': '<a href="/docs/next?x=1&amp;y=2#top">next</a> <a href=https://elsewhere.test/>away</a>',
  '/docs/next?x=1&y=2':
    '<a class="a" href=\'start\'>back</a> <!-- <a href="/docs/hidden">no</a> --> <a href="/private">x</a>',
  '/docs/about': 'about us',
  '/private': 'not to be kept',
};
const SITEMAP =
  '<urlset><url><loc>https://shop.example/docs/about</loc></url><url><loc>https://other.example/x</loc></url></urlset>';

describe('portico warm', () => {
  it('keeps pages that are served as stale without a backend, and reports the others', async () => {
    await using backend = await startBackend((req, res) => {
      if (req.url === '/docs/broken') res.writeHead(503).end('no');
      else if (req.url === '/sitemap.xml') res.setHeader('Content-Type', 'application/xml').end(SITEMAP);
      else res.setHeader('Content-Type', 'text/html').end(PAGES[req.url ?? ''] ?? 'nothing');
    });
    const keepForever = `{ pages: ['/docs/start', '/docs/broken'], sitemap: '/sitemap.xml', crawl: '/docs/start' }`;
    await using project = await createProject({
      'routes/docs/[page].get.ts': route(
        `'/docs/[page]', { proxy: '${backend.url}', cache: { ttl: '1ms', keepForever: ${keepForever} } }`,
      ),
      'routes/sitemap.xml.get.ts': route(
        `'/sitemap.xml', { proxy: '${backend.url}', cache: { ttl: '1ms', keepForever: true } }`,
      ),
      'routes/private.get.ts': route(`'/private', { proxy: '${backend.url}' }`),
      'portico.config.ts': CONFIG,
    });
    const warm = (...more: string[]) =>
      runPortico(['warm', '--dir', project.dir, '--origin', 'https://shop.example', ...more]);
    const first = await warm('--json');
    const outcomes: PageOutcome[] = JSON.parse(first.out).pages;
    expect(Object.fromEntries(outcomes.map(({ path, kind }) => [path, kind]))).toEqual({
      '/docs/start': 'kept',
      '/docs/next?x=1&y=2': 'kept',
      '/docs/about': 'kept',
      '/docs/broken': 'lost',
    });
    expect(first.code).toBe(1);
    await backend.kill();

    const second = await warm();
    expect(second.out).toContain('cannot be served  /docs/broken');
    expect(second.out).toMatch(/old, stands in +\/docs\/about/);

    await using portico = startPortico('start', ['--dir', project.dir]);
    const { port } = new URL((await portico.ready()).url);
    const read = (path: string) => readAs(Number(port), 'shop.example', path);
    // The gateway itself speaks http here, and the pages were stored for https.
    expect((await read('/docs/about')).status).toBe(502);
    const http = await runPortico(['warm', '--dir', project.dir, '--origin', 'http://shop.example']);
    expect(http.code).toBe(1);
  });

  it('serves the kept pages for the public origin', async () => {
    await using backend = await startBackend((_req, res) => res.end('kept page'));
    await using project = await createProject({
      'routes/page.get.ts': route(
        `'/page', { proxy: '${backend.url}', cache: { ttl: '1ms', keepForever: { pages: ['/page'] } } }`,
      ),
      'portico.config.ts': CONFIG,
    });
    expect((await runPortico(['warm', '--dir', project.dir, '--origin', 'http://shop.example'])).out).toBe(
      '1 of 1 pages kept',
    );
    await backend.kill();
    await using portico = startPortico('start', ['--dir', project.dir]);
    const { port } = new URL((await portico.ready()).url);
    const { status, body, cacheStatus } = await readAs(Number(port), 'shop.example', '/page');
    expect([status, body]).toEqual([200, 'kept page']);
    expect(cacheStatus).toMatch(/fwd=stale; detail=upstream/);
  });

  it('reports what is missing', async () => {
    await using project = await createProject({ 'routes/a.get.ts': route(`'/a', { handler: () => 'a' }`) });
    const warm = (...args: string[]) => runPortico(['warm', '--dir', project.dir, ...args]);
    expect(await warm('--origin', 'http://a.test')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no route names pages'),
    });
    expect(await warm()).toMatchObject({ code: 2, err: expect.stringContaining('--origin https://shop.example') });
    expect(await warm('--origin', 'shop.example')).toMatchObject({
      code: 2,
      err: expect.stringContaining('http:// or https://'),
    });
    await project.write(
      'routes/b.get.ts',
      route(`'/b', { handler: () => 'b', cache: { ttl: '1m', keepForever: { pages: ['/b'] } } }`),
    );
    expect(await warm('--origin', 'http://a.test')).toMatchObject({ code: 1, err: expect.stringContaining('no disk') });
  });
});

async function readAs(port: number, host: string, path: string) {
  const { request } = await import('node:http');
  return new Promise<{ status: number; body: string; cacheStatus: string }>((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', path, headers: { Host: host } }, res => {
      let body = '';
      res.setEncoding('utf8').on('data', chunk => {
        body += chunk;
      });
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, body, cacheStatus: String(res.headers['cache-status']) }),
      );
    });
    req.on('error', reject).end();
  });
}

describe('the pages to keep', () => {
  it('are read from sitemaps and sitemap indexes', () => {
    expect(
      locations(
        `<urlset><url><loc> https://a.test/?a=1&amp;b=2 </loc></url>
         <url><loc><![CDATA[https://a.test/c]]></loc></url></urlset>`,
      ),
    ).toEqual({
      pages: ['https://a.test/?a=1&b=2', 'https://a.test/c'],
      sitemaps: [],
    });
    expect(locations('<sitemapindex xmlns="x"><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>').sitemaps).toEqual([
      '/b.xml',
    ]);
    expect(locations('not xml at all').pages).toEqual([]);
  });

  it('are read from links', () => {
    expect(
      linksOf(
        `<a href="/a">1</a><A title="x > y" HREF='/b'>2</A><a href=/c>3</a><a name="x">4</a>
         <script>'<a href="/no">'</script>`,
      ),
    ).toEqual(['/a', '/b', '/c']);
    expect(pathOf('../b?x#y', 'https://a.test', '/c/d')).toBe('/b?x');
    expect(pathOf('mailto:x@a.test', 'https://a.test', '/')).toBeUndefined();
    expect(pathOf('//b.test/', 'https://a.test', '/')).toBeUndefined();
  });

  it('stay within the maximum, each once, and a crawl with cycles ends', async () => {
    const asked: string[] = [];
    const round = new PageCrawler(
      { pages: ['/0'], sitemaps: [], crawls: ['/0', '/1'], max: 5 },
      {
        origin: 'https://a.test',
        atOnce: 3,
        request: async path => {
          asked.push(path);
          const next = Number(path.slice(1)) + 1;
          return {
            status: 200,
            cacheStatus: 'portico; fwd=uri-miss; stored',
            type: 'text/html',
            body: `<a href="/${next}">n</a><a href="/1">c</a>`,
          };
        },
        progress: () => {},
      },
    );
    const outcomes = await round.run();
    expect(asked.toSorted()).toEqual(['/0', '/1', '/2', '/3', '/4', '/5', '/6']);
    expect(outcomes.every(({ kind }) => kind === 'kept')).toBe(true);
  });
});
