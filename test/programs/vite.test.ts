import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type ViteDevServer } from 'vite';
import { afterEach, describe, expect, it } from 'vitest';
import { noBrowser, openBrowser } from '../support/browser.ts';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { gateway } = testResources();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const FILES = {
  'index.html': '<!doctype html><div id="app"></div><script type="module" src="./main.ts"></script>',
  'main.ts': `import { text } from './text.ts';
import './style.css';
const show = (text: string) => { (document.getElementById('app') as HTMLElement).textContent = text; };
show(text);
Object.assign(window, { loads: performance.now() });
import.meta.hot?.accept('./text.ts', changed => show(changed?.text));
`,
  'text.ts': `export const text: string = 'first';\n`,
  'style.css': '#app { color: rgb(1, 2, 3) }\n',
  '@odd/name+1;v=2.js': 'export default 1;\n',
};

async function devServer(): Promise<{ dir: string; vite: ViteDevServer; url: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'portico-vite-'));
  ends.push(() => rm(dir, { recursive: true }));
  await mkdir(join(dir, '@odd'));
  for (const [file, text] of Object.entries(FILES)) await writeFile(join(dir, file), text);
  const vite = await createServer({
    root: dir,
    base: '/app/',
    configFile: false,
    logLevel: 'silent',
    cacheDir: join(dir, '.vite'),
    server: { port: 0, host: '127.0.0.1' },
  });
  await vite.listen();
  ends.push(() => vite.close());
  return {
    dir,
    vite,
    url: `http://127.0.0.1:${vite.config.server.port === 0 ? portOf(vite) : vite.config.server.port}`,
  };
}

function portOf(vite: ViteDevServer): number {
  const address = vite.httpServer?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.skipIf(noBrowser)('Vite with a base behind the gateway', () => {
  it.each([
    ['as a bare service', ''],
    ['below a pattern', '/app/[[...path]]'],
  ])('shows its page in Chromium and swaps a module while it runs: %s', async (_how, pattern) => {
    const { dir, url } = await devServer();
    const { url: front } = await gateway({ 'routes/app/[[...path]].ts': route(`{ proxy: '${url}${pattern}' }`) });
    const browser = await openBrowser();
    ends.push(() => browser.close());
    const page = await browser.newPage();
    const sockets: string[] = [];
    page.on('websocket', socket => sockets.push(socket.url()));
    await page.goto(`${front}/app/`);
    await page.locator('#app', { hasText: 'first' }).waitFor();
    expect(await page.evaluate("getComputedStyle(document.getElementById('app')).color")).toBe('rgb(1, 2, 3)');
    await expect.poll(() => sockets.length).toBeGreaterThan(0);
    expect(new Set(sockets.map(each => new URL(each).host))).toEqual(new Set([new URL(front).host]));
    const loaded = await page.evaluate('loads');
    await writeFile(join(dir, 'text.ts'), `export const text: string = 'second';\n`);
    await page.locator('#app', { hasText: 'second' }).waitFor();
    expect(await page.evaluate('loads')).toBe(loaded);
    const odd = await fetch(`${front}/app/@odd/name+1;v=2.js`);
    expect([odd.status, await odd.text()]).toEqual([200, expect.stringContaining('export default 1')]);
  });
});
