import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../docs/pages.ts';
import { NpmRun } from '../support/npm-run.ts';

const folders = await readdir(join(ROOT, 'examples'), { withFileTypes: true });
const names = folders.flatMap(folder => (folder.isDirectory() ? [folder.name] : []));

describe('the runner of the examples', () => {
  it('exits with code 0 after SIGTERM', async () => {
    const example = new NpmRun('node examples/run.ts existing-express-app');
    await example.url();
    expect(await example.stop('SIGTERM')).toBe(0);
  });

  it('lists the examples without an argument', async () => {
    const child = spawn(process.execPath, ['examples/run.ts', 'none'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    const printed = await text(child.stderr);
    await closed;
    expect(child.exitCode).toBe(2);
    for (const name of names) expect(printed).toContain(name);
  });

  it('has a page and a line in the README for each example', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    for (const name of names) {
      const command = `npm run example ${name}`;
      expect(await readFile(join(ROOT, 'examples', name, 'README.md'), 'utf8')).toContain(`\n${command}\n`);
      expect(readme).toContain(command);
    }
  });
});

it('the demo shop ends with the npm that started it', async () => {
  const shop = new NpmRun('npm start');
  const url = await shop.url();
  await shop.stop('SIGTERM');
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
