import { FIGURES, type FigureName, type Figures } from '../measure/figures.ts';
import { ratiosOf, type Spread, spreadOf } from '../measure/spread.ts';
import { COMPARISONS, type Comparison, valuesOf } from './comparisons.ts';
import type { Results, RunInfo, Scenario } from './results.ts';

/** The figures that are compared, the more important ones first. */
const COMPARED: readonly FigureName[] = ['cpuMicros', 'cpuMs', 'connectionBytes'];

/** bench.md. */
export function page(results: Results): string {
  const head = `# Portico and its peers

Written by \`npm run bench\`; [method, noise and wrong measurements](../README.md). A cell has the lowest, the **median**
and the highest round. A ratio is Portico's figure divided by that of the row, round by round: below 1 Portico needs
less. Ratios are comparable between computers, the figures themselves are not.

![Ratio of Portico's CPU time to that of each peer](bench.svg)

## Targets

${targets(results)}
`;
  return [head, ...results.scenarios.map(section)].join('\n');
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  return lines.map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

export function targets(results: Results): string {
  const rows = COMPARISONS.filter(({ max }) => max !== undefined).map(each => targetRow(each, results));
  return markdownTable(['Portico to …', 'at most', 'measured', ''], rows);
}

function targetRow(comparison: Comparison, results: Results): readonly string[] {
  const { label, max = Number.NaN, unit = '' } = comparison;
  const values = valuesOf(comparison, results);
  const limit = `${max} ${unit}`.trim();
  if (values.length === 0) return [label, limit, '–', 'not measured'];
  const spread = spreadOf(values);
  return [label, limit, `${spreadText(spread, 2)} ${unit}`.trim(), spread.median <= max ? 'met' : '**missed**'];
}

function section(scenario: Scenario): string {
  const { title, per, run, notes } = scenario;
  const notice = notes.length === 0 ? '' : `\n${notes.map(note => `- ${note}`).join('\n')}\n`;
  return `## ${title}

${per === undefined ? '' : `CPU time per ${per}. `}${origin(run)}
${notice}
${subjectTable(scenario)}
`;
}

function origin({ commit, date, node, cpu, cores, loadBefore, quick }: RunInfo): string {
  const rounds = quick ? ', a quick run' : '';
  return `${commit}, ${date}, Node ${node}, ${cores} cores of ${cpu}, load average before ${loadBefore}${rounds}.`;
}

function subjectTable({ subjects }: Scenario): string {
  const all = Object.entries(subjects);
  const shown = (Object.keys(FIGURES) as FigureName[]).filter(name => all.some(([, figures]) => name in figures));
  const own = subjects.portico ?? {};
  const compared = [...COMPARED, 'userMicros' as const].filter(name => name in own);
  const ratioTitles = compared.map(name => `ratio${name === 'userMicros' ? ', user' : ''}`);
  const rows = all.map(([name, figures]) => [
    name,
    ...compared.map(figure => (figures === own ? '' : ratioText(own, figures, figure))),
    ...shown.map(figure => figureText(figures, figure)),
  ]);
  return markdownTable(['', ...ratioTitles, ...shown.map(name => FIGURES[name].title)], rows);
}

function ratioText(own: Figures, other: Figures, figure: FigureName): string {
  const ratios = ratiosOf(own[figure] ?? [], other[figure] ?? []);
  return ratios.length === 0 ? '' : spreadText(spreadOf(ratios), 2);
}

function figureText(figures: Figures, name: FigureName): string {
  const values = figures[name] ?? [];
  return values.length === 0 ? '' : spreadText(spreadOf(values), FIGURES[name].digits);
}

function spreadText({ min, median, max }: Spread, digits: number): string {
  const [low, middle, high] = [min, median, max].map(value => format(value, digits));
  return low === high ? `**${middle}**` : `${low} **${middle}** ${high}`;
}

function format(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
