import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BackendProcess } from '../../../support/backend-process.ts';
import { runPortico } from '../../../support/command.ts';
import { Ledger } from '../../../support/ledger.ts';
import { SteadyLoad } from '../../../support/load.ts';
import { createProject } from '../../../support/project.ts';
import { proxying } from '../../../support/proxying.ts';
import { type Row, row } from '../verdict.ts';

const CLIENTS = 8;
const DEAD_MS = 3_000;
const MAX_BACK_S = 60;
const ROUNDS = 3;

/**
 * One of three targets is killed and restarted in turn: the rows show the failures and the time until a restarted
 * target gets calls.
 */
export async function crash(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const balance of ['ewma', 'round-robin']) rows.push(...(await crashesUnder(balance)));
  return rows;
}

async function crashesUnder(balance: string): Promise<readonly Row[]> {
  await using scratch = await createProject({});
  const targets = await Promise.all(['one', 'two', 'three'].map(name => BackendProcess.start(join(scratch.dir, name))));
  const service = `{ targets: ${JSON.stringify(targets.map(({ url }) => url))}, balance: '${balance}' }`;
  await using project = await createProject(proxying(service, { '[[...path]].ts': '' }));
  await using portico = await runPortico(['start', '--dir', project.dir]);
  await using ledger = new Ledger();
  const traffic = new SteadyLoad(CLIENTS, async number => {
    const request = number % 4 === 0 ? { method: 'POST', body: 'order' } : {};
    await ledger.ask(`${portico.url}/${number}`, request);
    await delay(2);
  });
  const backAfterS: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await delay(1_000);
    const target = targets[round % targets.length];
    if (target !== undefined) backAfterS.push(await crashed(target));
  }
  await traffic.stop();
  for (const target of targets) ledger.read((await target.executed()).map(({ number }) => number));
  for (const target of targets) await target.kill();
  const slowest = Math.max(...backAfterS);
  return [
    row(`${balance}: requests`, traffic.asked, 'any', true),
    row(
      `${balance}: idempotent ones that failed`,
      ledger.failedIdempotent.length,
      '0',
      ledger.failedIdempotent.length === 0,
    ),
    row(`${balance}: POSTs executed twice`, ledger.executedTwice.length, '0', ledger.executedTwice.length === 0),
    row(
      `${balance}: asked again after`,
      backAfterS.map(s => `${s.toFixed(1)} s`).join(),
      `${MAX_BACK_S} s at most`,
      slowest < MAX_BACK_S,
    ),
  ];
}

/** The time from its restart to its first call, in seconds. */
async function crashed(target: BackendProcess): Promise<number> {
  await target.kill();
  await delay(DEAD_MS);
  const before = (await target.executed()).length;
  await target.start();
  const begun = performance.now();
  const passed = (): number => (performance.now() - begun) / 1_000;
  while (passed() < MAX_BACK_S && (await target.executed()).length === before) await delay(50);
  return passed();
}
