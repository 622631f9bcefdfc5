import { readFileSync, writeFileSync } from 'node:fs';
import type { Costs } from '../costs/costs.ts';
import { type HistoryRow, withRow } from './history.ts';
import { picture } from './picture.ts';
import { readmeBlock, withBlock } from './readme-block.ts';
import type { Results, RunInfo } from './results.ts';
import { readResult, writeResult } from './store.ts';
import { page } from './table.ts';

const README = new URL('../../README.md', import.meta.url);

/** bench.json and everything that is made of it. */
export function writeReports(results: Results, run: RunInfo): void {
  writeResult('bench.json', json(results));
  writeResult('bench.md', page(results));
  writeResult('bench.svg', picture(results));
  const history = readResult<readonly HistoryRow[]>('history.json', []);
  const costs = readResult<Costs>('costs.json', {});
  writeResult('history.json', json(withRow(history, results, run, costs)));
  writeFileSync(README, withBlock(readFileSync(README, 'utf8'), readmeBlock(results)));
}

/** A line for each value of an object, and the rounds of a figure in one. */
function json(value: unknown): string {
  const text = JSON.stringify(value, undefined, 1);
  return `${text.replaceAll(/\[[-\d.,\s]+\]/g, rounds => rounds.replaceAll(/\s+/g, ' '))}\n`;
}
