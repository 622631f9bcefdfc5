import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { startGateway } from './gateway.ts';
import { ask, forked, type LoadOrder, type Second, total } from './open-loop.ts';
import { picture } from './picture.ts';

// A backend with eight places of 40 ms answers 200 times a second. It is asked for that, for ten times that, and for that again.
const NORMAL = 200;
const SPIKE = 2_000;
const SECONDS = 10;
const PATIENCE_MS = 1_000;

/** What one service answered, second by second. */
interface Run {
  readonly name: 'shielded' | 'bare';
  readonly normal: readonly Second[];
  readonly spike: readonly Second[];
  readonly after: readonly Second[];
}

/** Ten times the load, with the shield and without: a table, and a picture of it. */
export async function spike(): Promise<{ readonly table: string; readonly svg: string }> {
  const runs = [await run('shielded'), await run('bare')];
  const lines = runs.map(({ name, normal, spike, after }) => ({
    name,
    good: [...normal, ...spike, ...after].map(({ good }) => good),
  }));
  return { table: tableOf(runs), svg: picture(lines, { from: SECONDS, to: 2 * SECONDS }) };
}

/** A gateway and a backend for itself: what one left behind is not the other's. */
async function run(name: Run['name']): Promise<Run> {
  const slots = forked('slots');
  const [port] = (await once(slots, 'message')) as [number];
  const gateway = await startGateway({ BENCH_SLOTS: `http://127.0.0.1:${port}` });
  const load = (perSecond: number, seconds: number): LoadOrder => ({
    url: `${gateway.url}/${name}`,
    perSecond,
    seconds,
    patienceMs: PATIENCE_MS,
  });
  try {
    // The code of both is compiled while it runs.
    await ask(load(100, 3));
    await wait(1_000);
    const normal = await ask(load(NORMAL, SECONDS));
    const spike = await ask(load(SPIKE, SECONDS));
    const after = await ask(load(NORMAL, SECONDS));
    return { name, normal, spike, after };
  } finally {
    await gateway.stop();
    slots.kill('SIGKILL');
  }
}

function tableOf(runs: readonly Run[]): string {
  const rows = runs.flatMap(({ name, normal, spike, after }) => {
    const base = total(normal).good;
    return (
      [
        ['1x', normal],
        ['10x', spike],
        ['1x again', after],
      ] as const
    ).map(([load, seconds]) => {
      const { asked, good, refused, failed } = total(seconds);
      return [name, load, asked, good, refused, failed, `${((100 * good) / base).toFixed(1)} %`];
    });
  });
  const head = ['service', 'load', 'asked', 'good', 'refused', 'failed', 'goodput of 1x'];
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
