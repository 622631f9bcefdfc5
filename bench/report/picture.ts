import { ratiosOf, type Spread, spreadOf } from '../measure/spread.ts';
import type { Results, Scenario } from './results.ts';

interface Row {
  readonly scenario: string;
  readonly peer: string;
  readonly ratio: Spread;
}

const WIDTH = 860;
const ROW = 18;
const TOP = 56;
const LABELS = 430;
const RIGHT = 40;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const [LOWEST, HIGHEST] = [0.1, 10];
const BETTER = '#1a7f5a';
const WORSE = '#c0392b';

/** bench.svg: a row for each peer of each scenario, on a logarithmic scale. */
export function picture(results: Results): string {
  const rows = results.scenarios.flatMap(rowsOf);
  const height = TOP + rows.length * ROW + 24;
  const parts = [
    "<title>Ratio of Portico's CPU time to that of each peer, lowest, median and highest round</title>",
    `<text x="16" y="20" font-weight="bold">CPU time of Portico divided by that of the peer</text>`,
    `<text x="16" y="36" fill="#666">left of 1 Portico needs less; the bar is the lowest to the highest round</text>`,
    ...STEPS.flatMap(step => grid(step, height)),
    ...rows.flatMap((row, i) => drawn(row, TOP + (i + 0.5) * ROW, rows[i - 1]?.scenario !== row.scenario)),
  ];
  const size = `viewBox="0 0 ${WIDTH} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
${parts.join('\n')}
</svg>
`;
}

function rowsOf({ title, subjects }: Scenario): readonly Row[] {
  const own = subjects.portico;
  const figure = own?.cpuMicros !== undefined ? 'cpuMicros' : 'cpuMs';
  return Object.entries(subjects).flatMap(([peer, figures]) => {
    const ratios = ratiosOf(own?.[figure] ?? [], figures[figure] ?? []);
    return figures === own || ratios.length === 0 ? [] : [{ scenario: title, peer, ratio: spreadOf(ratios) }];
  });
}

function x(ratio: number): number {
  const inside = Math.min(Math.max(ratio, LOWEST), HIGHEST);
  const share = Math.log(inside / LOWEST) / Math.log(HIGHEST / LOWEST);
  return Math.round((LABELS + share * (WIDTH - LABELS - RIGHT)) * 10) / 10;
}

function grid(step: number, height: number): readonly string[] {
  const color = step === 1 ? '#333' : '#ddd';
  return [
    `<path d="M${x(step)} ${TOP - 4}V${height - 20}" stroke="${color}"/>`,
    `<text x="${x(step)}" y="${height - 6}" text-anchor="middle">${step}</text>`,
  ];
}

function drawn({ scenario, peer, ratio }: Row, y: number, isFirst: boolean): readonly string[] {
  const color = ratio.median <= 1 ? BETTER : WORSE;
  const parts = [
    `<text x="${LABELS - 12}" y="${y + 4}" text-anchor="end">${escaped(peer)}</text>`,
    `<path d="M${x(ratio.min)} ${y}H${x(ratio.max)}" stroke="${color}" stroke-width="3" opacity="0.4"/>`,
    `<circle cx="${x(ratio.median)}" cy="${y}" r="4" fill="${color}"/>`,
    `<text x="${x(ratio.max) + 8}" y="${y + 4}" fill="${color}">${ratio.median.toFixed(2)}</text>`,
  ];
  return isFirst ? [`<text x="16" y="${y + 4}" fill="#666">${escaped(scenario)}</text>`, ...parts] : parts;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
