import { spreadOf } from '../measure/spread.ts';
import { COMPARISONS, valuesOf } from './comparisons.ts';
import type { Results } from './results.ts';
import { markdownTable } from './table.ts';

const START = '<!-- bench: written by npm run bench -->';
const END = '<!-- /bench -->';

/** The short table of README. */
export function readmeBlock(results: Results): string {
  const rows = COMPARISONS.filter(({ inReadme }) => inReadme).flatMap(each => {
    const values = valuesOf(each, results);
    if (values.length === 0) return [];
    const { min, median, max } = spreadOf(values);
    return [[each.label, median.toFixed(2), `${min.toFixed(2)} – ${max.toFixed(2)}`]];
  });
  return `${START}\n${markdownTable(['CPU time of Portico to that of …', 'median', 'rounds'], rows)}\n${END}`;
}

/**
 * The page with a new block.
 * @throws if the page has no place for it.
 */
export function withBlock(page: string, block: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`README.md has no ${START} … ${END}`);
  return page.slice(0, start) + block + page.slice(end + END.length);
}
