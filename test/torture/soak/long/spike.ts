import { setTimeout as delay } from 'node:timers/promises';
import { startBackend } from '../../../support/backend.ts';
import { runPortico } from '../../../support/command.ts';
import { Ledger } from '../../../support/ledger.ts';
import { offered, SteadyLoad } from '../../../support/load.ts';
import { createProject } from '../../../support/project.ts';
import { proxying } from '../../../support/proxying.ts';
import { slots } from '../../../support/slots.ts';
import { type Row, row } from '../verdict.ts';

/** 8 slots of 80 ms handle 100 calls per second. */
const SLOTS = 8;
const WORK_MS = 80;
const NORMAL = { perSecond: 60, seconds: 3 };
/** Ten times that load. */
const SPIKE = { perSecond: 600, seconds: 30 };
const RECOVERY = { perSecond: 60, seconds: 2 };
const MEASURED_S = 5;

/** Ten times the usual load for half a minute: the rows show the goodput with a limit and without. */
export async function spike(): Promise<readonly Row[]> {
  const perSecond = await ableTo();
  const [limited, control] = [await behind(`'adaptive'`), await behind('false')];
  const capacity = perSecond * SPIKE.seconds;
  return [
    row('what the backend can do', `${perSecond.toFixed(1)} a second`, 'any', true),
    row(
      'answered in time, adaptive limit',
      share(limited.good, capacity),
      'at least 90 %',
      limited.good >= 0.9 * capacity,
    ),
    row('answered in time, no limit', share(control.good, capacity), 'less than 10 %', control.good < 0.1 * capacity),
    row(
      'good in the 2 s behind it, adaptive limit',
      share(limited.after, limited.asked),
      'at least 95 %',
      limited.after >= 0.95 * limited.asked,
    ),
    row('good in the 2 s behind it, no limit', share(control.after, control.asked), 'any', true),
  ];
}

/** The calls per second of the backend while all of its slots are used; its timers may be late. */
async function ableTo(): Promise<number> {
  const take = slots(SLOTS, () => WORK_MS);
  await using backend = await startBackend((_req, res) => take(() => res.end('ok')));
  await using ledger = new Ledger();
  const traffic = new SteadyLoad(2 * SLOTS, () => ledger.ask(backend.url));
  await delay(MEASURED_S * 1_000);
  const answered = ledger.responses.filter(response => response !== undefined).length;
  await traffic.stop();
  return answered / MEASURED_S;
}

async function behind(concurrency: string) {
  const take = slots(SLOTS, () => WORK_MS);
  await using backend = await startBackend((_req, res) => take(() => res.end('ok')));
  const service = `{ targets: ['${backend.url}'], concurrency: ${concurrency} }`;
  await using project = await createProject(proxying(service, { '[[...path]].ts': `timeout: '1s'` }));
  await using portico = await runPortico(['start', '--dir', project.dir]);
  await using ledger = new Ledger();
  const ask = () => ledger.ask(portico.url);
  await offered(NORMAL, ask);
  const good = await offered(SPIKE, ask);
  const before = ledger.responses.length;
  await offered(RECOVERY, ask);
  const recovered = ledger.responses.slice(before);
  return { good, after: recovered.filter(response => response?.status === 200).length, asked: recovered.length };
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
