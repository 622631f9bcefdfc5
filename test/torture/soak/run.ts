import { parseArgs } from 'node:util';
import { TRANSPORTS } from '../../support/transports.ts';
import { crash } from './long/crash.ts';
import { drip } from './long/drip.ts';
import { spike } from './long/spike.ts';
import { Soak } from './soak.ts';
import { type Row, verdict } from './verdict.ts';

// `npm run soak -- --minutes 10 --seed 1`: mixed traffic while backends fail in every way, over each transport in turn
// or over `--transport` alone. `npm run soak -- --fault spike`: one fault alone, longer and larger than in the tests.
const FAULTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = { spike, drip, crash };

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { minutes: text, seed: text, transport: text, fault: text } });

if (values.fault === undefined) await soakAll();
else await suffer(values.fault);

async function suffer(name: string): Promise<void> {
  const fault = FAULTS[name];
  if (fault === undefined) throw new RangeError(`--fault is one of ${Object.keys(FAULTS).join(', ')}`);
  report(await fault());
}

async function soakAll(): Promise<void> {
  const minutes = Number(values.minutes ?? 10);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  for (const transport of TRANSPORTS.filter(name => name === (values.transport ?? name))) {
    console.log(`\n${transport}: ${minutes} min, --seed ${seed}`);
    report(verdict(await new Soak(transport, seed).run(minutes * 60_000)));
  }
}

function report(rows: readonly Row[]): void {
  console.table(rows);
  if (rows.some(({ fine }) => !fine)) process.exitCode = 1;
}
