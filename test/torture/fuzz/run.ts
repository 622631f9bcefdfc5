import { TRANSPORTS } from '../../support/transports.ts';
import { fuzz } from './fuzz.ts';

// `npm run fuzz [-- COUNT [SEED]]`: a longer run with a random seed, which it prints so that a failure can be repeated.
const [count = '20000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);

for (const transport of TRANSPORTS) {
  const run = { seed: Number(seed), count: Number(count), transport };
  console.log(`${transport}: ${count} connections, seed ${seed}`);
  const { delivered, findings } = await fuzz(run);
  for (const finding of findings) console.log(finding);
  console.log(`${delivered} requests arrived, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}
