import { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { runPortico } from '../support/command.ts';
import { createProject } from '../support/project.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';
import { ask } from '../workers/loop.ts';

const { own, backend } = testResources();

const ALONE_AND_WITH_WORKERS = [
  ['alone', []],
  ['with workers', ['--workers', '2']],
] as const;

describe.each(ALONE_AND_WITH_WORKERS)('SIGTERM under load, %s', (_how, workers) => {
  /** A gateway before a backend that responds at once, except to `/held`, which the test releases. */
  const start = async () => {
    const held: (() => void)[] = [];
    const { url } = await backend((req, res) => {
      if (req.url === '/held') held.push(() => res.end('held'));
      else res.end('ok');
    });
    const project = own(await createProject(proxying(`{ targets: ['${url}'] }`, { '[[...path]].ts': '' })));
    const door = own(await runPortico(['start', '--dir', project.dir, ...workers]));
    return { held, door };
  };

  /** Repeats a request on one connection until the response announces its close, as a load balancer does. */
  const untilToldToLeave = async (url: string): Promise<readonly string[]> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const responses: string[] = [];
    for (;;) {
      const { status, connection } = await ask(url, agent).catch((error: Error) => ({
        status: error.message,
        connection: 'close',
      }));
      responses.push(String(status));
      if (connection === 'close') return responses;
    }
  };

  it('makes the process unready before it stops responding, and fails no request', async () => {
    const { held, door } = await start();
    const clients = Array.from({ length: 8 }, () => untilToldToLeave(door.url));
    const open = Array.from({ length: 5 }, () => fetch(`${door.url}/held`).then(response => response.text()));
    await expect.poll(() => held.length).toBe(5);
    expect((await fetch(`${door.adminUrl}/readyz`)).status).toBe(200);
    door.process.child.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${door.adminUrl}/readyz`)).status).toBe(503);
    // The open requests still wait, so a load balancer had time to choose another process.
    for (const response of held) response();
    expect(await Promise.all(open)).toEqual(Array(5).fill('held'));
    const responses = (await Promise.all(clients)).flat();
    expect(responses.filter(status => status !== '200')).toEqual([]);
    expect(responses.length).toBeGreaterThan(8);
    expect((await door.process.ended).code).toBe(0);
  });

  it('ends the process at once when it is repeated, whatever is open', async () => {
    const { held, door } = await start();
    const clients = Array.from({ length: 4 }, () => untilToldToLeave(door.url));
    const open = Array.from({ length: 5 }, () => fetch(`${door.url}/held`).catch(() => 'broken'));
    await expect.poll(() => held.length).toBe(5);
    door.process.child.kill('SIGTERM');
    await door.process.event('stopping');
    // A repeated signal within a moment counts as one press of a key.
    const again = setInterval(() => door.process.child.kill('SIGTERM'), 100);
    const { code } = await door.process.ended;
    clearInterval(again);
    expect(code).toBe(143);
    // Otherwise the first process would have waited for these.
    expect(await Promise.all(open)).toEqual(Array(5).fill('broken'));
    await Promise.all(clients);
  });
});
