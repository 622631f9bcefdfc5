import { expect, it } from 'vitest';
import { PackedPortico } from '../../bench/peers/packed.ts';
import type { Measured } from '../../bench/report/results.ts';
import { Bench } from '../../bench/scenarios/bench.ts';
import { handler } from '../../bench/scenarios/handler.ts';
import { QUICK } from '../../bench/scenarios/settings.ts';

const TINY = {
  ...QUICK,
  rounds: 1,
  warmUp: 50,
  share: 0.02,
  latency: { rounds: 1, seconds: 0.2 },
  throughput: { rounds: 1, seconds: 1 },
};

it('measures the packed product beside a bare server, with every figure of each round', async () => {
  const recorded: Measured[] = [];
  const portico = PackedPortico.pack();
  {
    await using bench = await Bench.open('handler', {
      settings: TINY,
      portico,
      record: measured => recorded.push(measured),
    });
    await handler(bench);
  }
  expect(recorded).toMatchObject([{ id: 'handler', group: 'handler', per: 'request' }]);
  for (const name of ['portico', 'bare node:http']) {
    expect(recorded[0]?.subjects[name], name).toMatchObject({
      cpuMicros: [expect.any(Number)],
      userMicros: [expect.any(Number)],
      rssMB: [expect.any(Number)],
    });
    expect(recorded[0]?.subjects[name]?.cpuMicros?.[0], name).toBeGreaterThan(0);
  }
}, 120_000);
