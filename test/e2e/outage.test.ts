import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createProject, type TestProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { gateway, own } = testResources();

const BACKEND = fileURLToPath(new URL('../support/processes/ledger-backend.ts', import.meta.url));
/** A backend process that can be killed without warning and started again on its port. */
class Instance implements AsyncDisposable {
  readonly #ledger: string;
  #child: ChildProcess | undefined;
  port = 0;

  constructor(ledger: string) {
    this.#ledger = ledger;
  }

  async start(): Promise<this> {
    this.#child = fork(BACKEND, [this.#ledger, String(this.port)]);
    const [port] = (await once(this.#child, 'message')) as [number];
    this.port = port;
    return this;
  }

  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    this.#child = undefined;
  }

  async executed(): Promise<string[]> {
    return (await readFile(this.#ledger, 'utf8').catch(() => '')).split('\n').filter(line => line !== '');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

async function instances(project: TestProject): Promise<[Instance, Instance]> {
  const made = await Promise.all(['one', 'two'].map(name => new Instance(join(project.dir, `${name}.ledger`)).start()));
  for (const each of made) own(each);
  return made as [Instance, Instance];
}

describe('while one of two instances is killed and started again', () => {
  it('no GET of 1,000 fails, and no POST is executed twice', async () => {
    const scratch = await createProject({});
    own(scratch);
    const [one, two] = await instances(scratch);
    const door = await gateway({
      'services.ts': `import { defineService } from 'portico';\nexport const pair = defineService('pair', { targets: ['http://127.0.0.1:${one.port}', 'http://127.0.0.1:${two.port}'] });\n`,
      'routes/[...path].ts': `import { defineRoute } from 'portico';\nimport { pair } from '#services';\nexport default defineRoute({ proxy: pair });\n`,
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
      .filter(line => line.startsWith('POST'));
    expect(new Set(executed).size).toBe(executed.length);
    // What was answered with success has been executed.
    const served = [...posts].filter(([, status]) => status === 200).map(([line]) => line);
    expect(served.filter(line => !executed.includes(line))).toEqual([]);
    expect(served.length).toBeGreaterThan(900);
  });
});
