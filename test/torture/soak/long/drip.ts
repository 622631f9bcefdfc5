import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runPortico } from '../../../support/command.ts';
import { route } from '../../../support/gateway.ts';
import { Ledger } from '../../../support/ledger.ts';
import { SteadyLoad } from '../../../support/load.ts';
import { createProject } from '../../../support/project.ts';
import { openRaw, parsed, textOf } from '../../../support/raw.ts';
import { type Row, row } from '../verdict.ts';

const SOCKETS = 5_000;
const CUT_WITHIN_S = 12;
const QUIET_S = 5;

/**
 * Thousands of connections that send one byte of their headers each second: the rows show when they are closed and the
 * effect on others.
 */
export async function drip(): Promise<readonly Row[]> {
  await using project = await createProject({ 'routes/hello.get.ts': route(`{ handler: () => 'hello' }`) });
  await using portico = await runPortico(['start', '--dir', project.dir]);
  const quiet = await p99During(portico.url, () => delay(QUIET_S * 1_000));
  const port = Number(new URL(portico.url).port);
  let cutAfterS = 0;
  let statuses = new Set<number>();
  const busy = await p99During(portico.url, async () => {
    const sockets = await opened(port);
    const begun = performance.now();
    const texts = Promise.all(sockets.map(socket => textOf(socket)));
    await dripped(sockets);
    statuses = new Set((await texts).map(text => parsed(text).status));
    cutAfterS = (performance.now() - begun) / 1_000;
  });
  return [
    row(`${SOCKETS} sockets cut`, `${cutAfterS.toFixed(1)} s`, `within ${CUT_WITHIN_S} s`, cutAfterS <= CUT_WITHIN_S),
    row('what they were told', [...statuses].join(), '408', statuses.size === 1 && statuses.has(408)),
    row('p99 of an honest client', `${busy.p99.toFixed(1)} ms`, `${quiet.p99.toFixed(1)} ms without them`, true),
    row('honest requests that failed', busy.failed, '0', busy.failed === 0),
  ];
}

async function opened(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < SOCKETS) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => openRaw(port)))));
  }
  for (const socket of sockets) socket.write('GET /hello HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  return sockets;
}

async function dripped(sockets: readonly Socket[]): Promise<void> {
  while (sockets.some(({ destroyed }) => !destroyed)) {
    for (const socket of sockets) if (socket.writable) socket.write('x');
    await delay(1_000);
  }
}

/** The 99th percentile of the response times during an operation. */
async function p99During(url: string, during: () => Promise<unknown>) {
  await using ledger = new Ledger();
  const times: number[] = [];
  const traffic = new SteadyLoad(2, async () => {
    const begun = performance.now();
    await ledger.ask(`${url}/hello`);
    times.push(performance.now() - begun);
    await delay(5);
  });
  await during();
  await traffic.stop();
  times.sort((a, b) => a - b);
  return { p99: times[Math.floor(times.length * 0.99)] ?? 0, failed: ledger.failedIdempotent.length };
}
