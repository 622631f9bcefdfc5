import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runPortico } from '../support/command.ts';
import { Ledger } from '../support/ledger.ts';
import { load, SteadyLoad } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { createProject } from '../support/project.ts';
import { proxying } from '../support/proxying.ts';
import { testResources } from '../support/resources.ts';
import { openWebSocket, startWebSocketBackend } from '../support/web-socket.ts';

const { own, backend, gateway } = testResources();

const ANY = '[[...path]].ts';

describe('a backend without overload', () => {
  it.each([200, 250])('receives %i concurrent calls of 350 ms right after the start of the gateway', async count => {
    const { url } = await backend((_req, res) => void setTimeout(() => res.end('ok'), 350));
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, { [ANY]: '' }));
    const ledger = own(new Ledger());
    await load({ requests: count, clients: count }, () => ledger.ask(made.url));
    expect(ledger.statuses).toEqual({ 200: count });
  });

  it('opens 200 event streams at once: a stream counts as a call until its response headers', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: hello\n\n');
    });
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, { [ANY]: '' }));
    const opened = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const [response] = (await once(get(made.url), 'response')) as [IncomingMessage];
        return response;
      }),
    );
    expect(new Set(opened.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(await metric(made.gateway, 'portico_service_in_flight', { kind: 'call' })).toBe(0);
    expect(await metric(made.gateway, 'portico_service_in_flight', { kind: 'stream' })).toBe(200);
    for (const response of opened) response.destroy();
  });

  it('opens 150 WebSockets at once', async () => {
    const { url } = own(await startWebSocketBackend());
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, { [ANY]: '' }));
    const sockets = await Promise.all(Array.from({ length: 150 }, () => openWebSocket(made.port, '/chat')));
    expect(await metric(made.gateway, 'portico_service_in_flight', { kind: 'stream' })).toBe(150);
    for (const socket of sockets) socket.terminate();
  });

  it('responds to quick calls beside long polls that use all permits at first', async () => {
    const polls: (() => void)[] = [];
    const { url } = await backend((req, res) => {
      if (req.url === '/poll') polls.push(() => res.end('news'));
      else res.end('quick');
    });
    const made = await gateway(proxying(`{ targets: ['${url}'] }`, { [ANY]: `timeout: '60s'` }));
    const ledger = own(new Ledger());
    await load({ requests: 100, clients: 4 }, () => ledger.ask(`${made.url}/quick`));
    const polling = Array.from({ length: 60 }, () => ledger.ask(`${made.url}/poll`));
    await load({ requests: 200, clients: 4 }, () => ledger.ask(`${made.url}/quick`));
    await expect.poll(() => polls.length).toBe(60);
    for (const response of polls) response();
    await Promise.all(polling);
    expect(ledger.statuses).toEqual({ 200: 360 });
  });
});

describe('a gateway with too little processor time', () => {
  it('rejects no request', async () => {
    const { url } = await backend((_req, res) => void setTimeout(() => res.end('ok'), 5));
    const project = own(await createProject(proxying(`{ targets: ['${url}'] }`, { [ANY]: `priority: 'bulk'` })));
    const portico = own(await runPortico(['start', '--dir', project.dir]));
    const ledger = own(new Ledger());
    const clients = new SteadyLoad(64, () => ledger.ask(portico.url));
    const pid = portico.process.child.pid ?? 0;
    for (let slice = 0; slice < 30; slice++) {
      process.kill(pid, 'SIGSTOP');
      await delay(80);
      process.kill(pid, 'SIGCONT');
      await delay(20);
    }
    await clients.stop();
    const metrics = await (await fetch(`${portico.adminUrl}/metrics`)).text();
    expect(metrics).not.toMatch(/^portico_service_shed_total\{.*\} [1-9]/m);
    expect(ledger.statuses).toEqual({ 200: clients.asked });
  });
});

describe('a deadline that passes in the queue', () => {
  it('is a rejection by the gateway: nothing is sent and no circuit counts it', async () => {
    let release: () => void = () => {};
    const { url, requests } = await backend((_req, res) => {
      release = () => res.end('at last');
    });
    const routes = {
      'patient.get.ts': `timeout: '60s'`,
      'hasty.get.ts': `timeout: '50ms', retry: false, breaker: { minRequests: 5 }`,
    };
    const made = await gateway(proxying(`{ targets: ['${url}'], concurrency: 1 }`, routes));
    const ledger = own(new Ledger());
    const first = ledger.ask(`${made.url}/patient`);
    await expect.poll(() => requests.length).toBe(1);
    const hasty = await Promise.all(Array.from({ length: 10 }, () => ledger.ask(`${made.url}/hasty`)));
    expect(new Set(hasty.map(({ status }) => status))).toEqual(new Set([503]));
    expect(hasty[0]?.body).toContain('limit.shed');
    release();
    expect((await first).status).toBe(200);
    expect(requests).toHaveLength(1);
    expect(await metric(made.gateway, 'portico_breaker_opened_total')).toBe(0);
    expect(await metric(made.gateway, 'portico_service_shed_total', { reason: 'deadline' })).toBe(10);
  });
});
