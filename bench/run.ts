import { parseArgs } from 'node:util';
import { PackedPortico } from './peers/packed.ts';
import { type Measured, merged, type Results, rounded } from './report/results.ts';
import { runInfo } from './report/run-info.ts';
import { readResult } from './report/store.ts';
import { targets } from './report/table.ts';
import { writeReports } from './report/write.ts';
import { Bench } from './scenarios/bench.ts';
import { GROUPS } from './scenarios/groups.ts';
import { FULL, QUICK } from './scenarios/settings.ts';

const KNOWN = Object.keys(GROUPS);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, report: { type: 'boolean' } },
});
const unknown = positionals.filter(name => !KNOWN.includes(name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; known: ${KNOWN.join(', ')}`);
  process.exit(1);
}

const settings = values.quick ? QUICK : FULL;
const run = runInfo(settings.quick);
let results = readResult<Results>('bench.json', { scenarios: [] });

if (values.report) writeReports(results, run);
else await measure(positionals.length > 0 ? positionals : KNOWN);
console.log(`\n${seconds()} bench/results/bench.md is written\n\n${targets(results)}`);

async function measure(groups: readonly string[]): Promise<void> {
  console.log('npm pack');
  const portico = PackedPortico.pack();
  for (const group of groups) {
    console.log(`\n${seconds()} ${group}`);
    // A group that fails leaves its results as they were; the others are measured all the same.
    await measureGroup(group, portico).catch(error => {
      console.error(error);
      process.exitCode = 1;
    });
  }
}

async function measureGroup(group: string, portico: PackedPortico): Promise<void> {
  await using bench = await Bench.open(group, { settings, portico, record });
  await GROUPS[group]?.(bench);
}

/** Each scenario is written at once, so that a run that is stopped loses only the one that it was at. */
function record(measured: Measured): void {
  results = merged(results, rounded({ ...measured, run }), KNOWN);
  writeReports(results, run);
  console.log(`${seconds()}   ${measured.title}`);
  for (const note of measured.notes) console.log(`         ${note}`);
}

function seconds(): string {
  return `${process.uptime().toFixed(0).padStart(5)} s`;
}
