import { Agent } from 'node:http';
import { expect, it } from 'vitest';
import type { WorkerBreakers } from '../../src/admin/managed-gateway.ts';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { ask } from './loop.ts';

it('a worker opens its circuit by fewer failures once another worker has, and not without any', async () => {
  let status = 500;
  await using backend = await startBackend((_req, res) => res.writeHead(status).end('page'));
  await using project = await createProject({
    'routes/page.get.ts': route(
      `'/page', { proxy: '${backend.url}', breaker: { minRequests: 16, resetTimeout: '60s' } }`,
    ),
    'routes/pid.get.ts': route("'/pid', { handler: () => String(process.pid) }"),
  });
  await using portico = startPortico('start', ['--workers', '3', '--dir', project.dir]);
  const { url, adminUrl } = await portico.ready();
  const states = async () => {
    const { workers } = (await (await fetch(`${adminUrl}/breakers`)).json()) as { readonly workers: WorkerBreakers[] };
    return new Map(workers.map(({ pid, breakers }) => [String(pid), breakers[0]?.state]));
  };
  /** A connection to each worker. */
  const agents = new Map<string, Agent>();
  while (agents.size < 3) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { body } = await ask(`${url}/pid`, agent);
    if (agents.has(body)) agent.destroy();
    else agents.set(body, agent);
  }
  const [[first, firstAgent], [second, secondAgent], [third, thirdAgent]] = [...agents] as [
    [string, Agent],
    [string, Agent],
    [string, Agent],
  ];
  const call = async (agent: Agent, times: number) => {
    const seen: number[] = [];
    for (let i = 0; i < times; i++) seen.push((await ask(`${url}/page`, agent)).status);
    return seen;
  };
  await call(firstAgent, 16);
  expect(await states()).toEqual(
    new Map([
      [first, 'open'],
      [second, 'closed'],
      [third, 'closed'],
    ]),
  );
  // A quarter of 16.
  expect(await call(secondAgent, 5)).toEqual([500, 500, 500, 500, 503]);
  status = 200;
  expect(await call(thirdAgent, 5)).toEqual([200, 200, 200, 200, 200]);
  expect(await states()).toEqual(
    new Map([
      [first, 'open'],
      [second, 'open'],
      [third, 'closed'],
    ]),
  );
  for (const agent of agents.values()) agent.destroy();
});
