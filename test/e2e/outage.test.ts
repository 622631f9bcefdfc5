import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BackendProcess } from '../support/backend-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { gateway, own } = testResources();

describe('while one of two instances is killed and started again', () => {
  it('fails no GET of 1,000 and executes no POST twice', async () => {
    const { dir } = own(await createProject({}));
    const one = own(await BackendProcess.start(join(dir, 'one.ledger')));
    const two = own(await BackendProcess.start(join(dir, 'two.ledger')));
    const door = await gateway({
      'services.ts': `import { defineService } from 'portico';
        export const pair = defineService('pair', { targets: ['${one.url}', '${two.url}'] });\n`,
      'routes/[...path].ts': `import { defineRoute } from 'portico';
        import { pair } from '#services';
        export default defineRoute({ proxy: pair });\n`,
    });
    const gets: number[] = [];
    const posts = new Map<string, number>();
    let outage: Promise<unknown> = Promise.resolve();
    const events = new Map<number, () => Promise<unknown>>([
      [300, () => one.kill()],
      [700, () => one.start()],
    ]);
    let sent = 0;
    const client = async (): Promise<void> => {
      while (sent < 1_000) {
        const number = sent++;
        const event = events.get(number);
        if (event !== undefined) outage = outage.then(event);
        const get = fetch(`${door.url}/get/${number}`);
        const post = fetch(`${door.url}/post/${number}`, { method: 'POST', body: `order ${number}` });
        gets.push((await get).status);
        posts.set(`POST /post/${number}`, (await post).status);
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    await outage;
    expect(gets.filter(status => status !== 200)).toEqual([]);
    expect(gets).toHaveLength(1_000);
    const executed = (await Promise.all([one, two].map(each => each.executed())))
      .flat()
      .map(({ what }) => what)
      .filter(line => line.startsWith('POST'));
    expect(new Set(executed).size).toBe(executed.length);
    // A POST with a successful response has been executed.
    const served = [...posts].filter(([, status]) => status === 200).map(([line]) => line);
    expect(served.filter(line => !executed.includes(line))).toEqual([]);
    expect(served.length).toBeGreaterThan(900);
  });
});
