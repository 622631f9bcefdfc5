import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Chance } from '../support/chance.ts';
import { type Fault, FaultProxy, NO_FAULT } from '../support/fault-proxy.ts';
import { Ledger } from '../support/ledger.ts';
import { load } from '../support/load.ts';
import { metric } from '../support/metric.ts';
import { get, openRaw, parsed, textOf } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { own, backend, gateway } = testResources();

const LENGTH = 100_000;

/** A GET and its whole result. */
async function asked(port: number, path: string): Promise<ReturnType<typeof parsed>> {
  const socket = await openRaw(port);
  socket.write(get(path));
  return parsed(await textOf(socket));
}

describe.each(TRANSPORTS)('over %s', transport => {
  /** A gateway, a faulty network and a backend that counts executed requests. */
  const between = async (response: (req: IncomingMessage, res: ServerResponse) => void, policies = '') => {
    const ledger = own(new Ledger());
    const made = await backend((req, res) => {
      ledger.executed(req);
      req.resume().on('end', () => response(req, res));
    });
    const wire = own(await FaultProxy.start(made.url));
    const door = await gateway(everythingTo(wire.url, transport, policies));
    return { ledger, wire, door, requests: made.requests };
  };

  describe('a connection that is reset before the response, on its second use', () => {
    const FAULTS: readonly Fault[] = [
      // Before and after the execution of a request: the gateway cannot tell them apart.
      { kind: 'hang-up' },
      { kind: 'reset', afterBytes: 0 },
    ];

    it.each(FAULTS)('fails no GET and executes no POST twice (%j)', async fault => {
      const { ledger, wire, door } = await between((_req, res) => res.end('done'));
      for (let i = 0; i < 30; i++) {
        const method = i % 2 === 0 ? 'GET' : 'POST';
        await wire.become(NO_FAULT);
        const before = wire.connections;
        expect((await ledger.ask(door.url)).status).toBe(200);
        const kept = wire.connections;
        // Only the open connections fail; the next one works.
        await wire.become(number => (number < kept ? fault : NO_FAULT));
        const { status } = await ledger.ask(door.url, method === 'GET' ? {} : { method, body: 'order' });
        expect(status).toBe(method === 'GET' ? 200 : 502);
        expect(kept - before).toBeLessThanOrEqual(1);
      }
      expect(ledger.failedIdempotent).toEqual([]);
      expect(ledger.executedTwice).toEqual([]);
    });
  });

  describe('a truncated response body', () => {
    const FRAMINGS = ['with a length', 'in chunks'] as const;
    const CUTS = ['reset', 'half-close', 'truncate'] as const;
    const CASES = FRAMINGS.flatMap(framing => CUTS.map(kind => [framing, kind] as const));

    it.each(CASES)('%s, by %s: the client sees the truncation, and nothing is stored', async (framing, kind) => {
      const { wire, door, requests } = await between((_req, res) => {
        const length = framing === 'in chunks' ? {} : { 'Content-Length': LENGTH };
        res.writeHead(200, { 'Cache-Control': 'max-age=600', ...length }).end(Buffer.alloc(LENGTH, 'b'));
      }, ', cache: {}');
      const ask = () => asked(door.port, '/page');
      await wire.become({ kind, afterBytes: LENGTH / 2 });
      const { status, body } = await ask();
      expect(status).toBe(200);
      expect(body.length).toBeLessThan(LENGTH);
      expect(body).not.toMatch(/0\r\n\r\n$/);
      await wire.become(NO_FAULT);
      const whole = await ask();
      expect(whole.head).toMatch(/^cache-status: portico; fwd=uri-miss/im);
      expect(requests).toHaveLength(2);
      expect(whole.body.length).toBeGreaterThanOrEqual(LENGTH);
      expect((await ask()).head).toMatch(/^cache-status: portico; hit/im);
    });

    it('never looks complete, wherever it is cut', async () => {
      const { wire, door } = await between((_req, res) => {
        res.writeHead(200, { 'Content-Length': 2_000 }).end(Buffer.alloc(2_000, 'b'));
      });
      const luck = new Chance(20_261_125);
      for (let i = 0; i < 60; i++) {
        await wire.become({ kind: luck.pick('reset', 'half-close', 'truncate'), afterBytes: luck.upTo(2_000) });
        const { status, body } = await asked(door.port, '/');
        if (status !== 502) expect(body.length).toBeLessThan(2_000);
      }
      await wire.become(NO_FAULT);
      expect((await asked(door.port, '/')).body).toHaveLength(2_000);
    });
  });

  it('the requests of clients that disconnect are aborted, and change neither permits nor circuits', async () => {
    const ended = { aborted: 0, answered: 0 };
    const ledger = own(new Ledger());
    const held: ServerResponse[] = [];
    const { url } = await backend((req, res) => {
      ledger.executed(req);
      res.on('close', () => ended[res.writableFinished ? 'answered' : 'aborted']++);
      if (req.url === '/left') held.push(res);
      else res.end('stayed');
    });
    const door = await gateway(everythingTo(url, transport, ', breaker: { minRequests: 5 }'));
    const luck = new Chance(30);
    let left = 0;
    await load({ requests: 200, clients: 8 }, async () => {
      if (!luck.happens(0.3)) {
        await ledger.ask(door.url);
        return;
      }
      left++;
      const before = held.length;
      const client = await openRaw(door.port);
      client.write('GET /left HTTP/1.1\r\nHost: a\r\n\r\n');
      await expect.poll(() => held.length, { interval: 5 }).toBeGreaterThan(before);
      client.resetAndDestroy();
    });
    expect(left).toBeGreaterThan(40);
    await expect.poll(() => ended).toEqual({ aborted: left, answered: 200 - left });
    await expect.poll(() => metric(door.gateway, 'portico_service_in_flight')).toBe(0);
    expect(ledger.failedIdempotent).toEqual([]);
    expect(door.gateway.breakers()).toMatchObject([{ state: 'closed', failed: 0 }]);
    expect(await metric(door.gateway, 'portico_breaker_opened_total')).toBe(0);
  });
});
