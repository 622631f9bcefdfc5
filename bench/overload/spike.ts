import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { startGateway } from './gateway.ts';
import { ask, forked, type LoadOrder, type Second, total } from './open-loop.ts';
import { picture } from './picture.ts';

// A backend with eight slots of 40 ms handles 200 calls per second. The load is that, then ten times that, then that
// again.
const NORMAL = 200;
const SPIKE = 2_000;
const SECONDS = 10;
const PATIENCE_MS = 1_000;
/** The time that a gateway without learned limits may need. */
const RAMP_SECONDS = 3;

/** The results of one service by second. */
interface Run {
  readonly name: string;
  /** Undefined if the spike is the gateway's first traffic to the service. */
  readonly normal: readonly Second[] | undefined;
  readonly spike: readonly Second[];
  readonly after: readonly Second[];
}

/** Ten times the load, with the limit and without: a table and a chart. */
export async function spike(): Promise<{ readonly table: string; readonly svg: string }> {
  const runs = [await run('shielded', 'warm'), await run('shielded', 'cold'), await run('bare', 'warm')];
  const lines = runs.map(({ name, normal, spike, after }) => ({
    name,
    good: [...(normal ?? Array<Second>(SECONDS).fill(NOTHING)), ...spike, ...after].map(({ good }) => good),
  }));
  return { table: tableOf(runs), svg: picture(lines, { from: SECONDS, to: 2 * SECONDS }) };
}

const NOTHING: Second = { asked: 0, good: 0, refused: 0, failed: 0 };

/** A gateway and a backend of its own, so that runs are independent. */
async function run(service: 'shielded' | 'bare', start: 'warm' | 'cold'): Promise<Run> {
  const slots = forked('slots');
  const [port] = (await once(slots, 'message')) as [number];
  const gateway = await startGateway({ BENCH_SLOTS: `http://127.0.0.1:${port}` });
  const load = (perSecond: number, seconds: number, of = service): LoadOrder => ({
    url: `${gateway.url}/${of}`,
    perSecond,
    seconds,
    patienceMs: PATIENCE_MS,
  });
  try {
    // The code is compiled by earlier traffic; a service with a cold start has had no call yet.
    await ask(load(100, 3, start === 'cold' ? 'bare' : service));
    await wait(1_000);
    const normal = start === 'cold' ? undefined : await ask(load(NORMAL, SECONDS));
    const spike = await ask(load(SPIKE, SECONDS));
    const after = await ask(load(NORMAL, SECONDS));
    return { name: `${service}, ${start}`, normal, spike, after };
  } finally {
    await gateway.stop();
    slots.kill('SIGKILL');
  }
}

function tableOf(runs: readonly Run[]): string {
  const rows = runs.flatMap(({ name, normal, spike, after }) => {
    const loads: [string, readonly Second[]][] = [
      ['10x', spike],
      [`10x, from ${RAMP_SECONDS} s on`, spike.slice(RAMP_SECONDS)],
      ['1x again', after],
    ];
    if (normal !== undefined) loads.unshift(['1x', normal]);
    return loads.map(([load, seconds]) => {
      const { asked, good, refused, failed } = total(seconds);
      return [name, load, asked, good, refused, failed, `${((100 * good) / (NORMAL * seconds.length)).toFixed(1)} %`];
    });
  });
  const head = ['service', 'load', 'asked', 'good', 'refused', 'failed', 'of what it can do'];
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
