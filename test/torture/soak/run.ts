import { parseArgs } from 'node:util';
import { TRANSPORTS } from '../../support/transports.ts';
import { Soak } from './soak.ts';
import { verdict } from './verdict.ts';

// `npm run soak -- --minutes 10 --seed 1`: mixed traffic while backends fail in every way, over each transport in turn, or `--transport` alone.
const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { minutes: text, seed: text, transport: text } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Date.now() % 1_000_000);

for (const transport of TRANSPORTS.filter(name => name === (values.transport ?? name))) {
  console.log(`\n${transport}: ${minutes} min, --seed ${seed}`);
  const rows = verdict(await new Soak(transport, seed).run(minutes * 60_000));
  console.table(rows);
  if (rows.some(({ fine }) => !fine)) process.exitCode = 1;
}
