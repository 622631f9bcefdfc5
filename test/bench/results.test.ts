import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { picture } from '../../bench/report/picture.ts';
import { readmeBlock } from '../../bench/report/readme-block.ts';
import type { Results } from '../../bench/report/results.ts';
import { page } from '../../bench/report/table.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const results: Results = JSON.parse(await read('bench/results/bench.json'));

describe('what bench.json says', () => {
  it('is the table of README', async () => {
    expect(await read('README.md')).toContain(readmeBlock(results));
  });

  it('is bench.md and bench.svg', async () => {
    expect(await read('bench/results/bench.md')).toBe(page(results));
    expect(await read('bench/results/bench.svg')).toBe(picture(results));
  });
});
