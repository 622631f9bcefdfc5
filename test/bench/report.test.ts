import { describe, expect, it } from 'vitest';
import type { Costs } from '../../bench/costs/costs.ts';
import type { FiguresBySubject } from '../../bench/measure/figures.ts';
import { COMPARISONS } from '../../bench/report/comparisons.ts';
import { type HistoryRow, withRow } from '../../bench/report/history.ts';
import { picture } from '../../bench/report/picture.ts';
import { readmeBlock, withBlock } from '../../bench/report/readme-block.ts';
import { merged, type Results, type RunInfo, type Scenario } from '../../bench/report/results.ts';
import { page } from '../../bench/report/table.ts';

const RUN: RunInfo = {
  commit: 'abc1234',
  date: '2026-11-29',
  node: '26.10.0',
  cpu: 'A CPU',
  cores: 2,
  loadBefore: 0.1,
  quick: false,
};

const PROXY: FiguresBySubject = {
  portico: { cpuMicros: [110, 120, 130], userMicros: [60, 70, 80], p50Ms: [0.5, 0.6, 0.7] },
  'bare node:http + undici': { cpuMicros: [100, 100, 100], userMicros: [50, 50, 50], p50Ms: [0.4, 0.4, 0.4] },
  'backend, direct': { p50Ms: [0.3, 0.3, 0.3] },
};

function scenario(id: string, group: string, subjects = PROXY, run = RUN): Scenario {
  return { id, group, title: `Title of ${id}`, per: 'request', subjects, notes: ['a note'], run };
}

const RESULTS: Results = { scenarios: [scenario('proxy-90', 'proxy')] };

describe('the page', () => {
  it('has the rounds of each figure and the ratio of each round', () => {
    const text = page(RESULTS);
    expect(text).toContain('## Title of proxy-90');
    expect(text).toContain('abc1234, 2026-11-29, Node 26.10.0, 2 cores of A CPU, load average before 0.1.');
    expect(text).toContain('- a note');
    expect(text).toMatch(/\| bare node:http \+ undici \| 1\.10 \*\*1\.20\*\* 1\.30 \| 1\.20 \*\*1\.40\*\* 1\.60 \|/);
  });

  it('says for each target whether it is met', () => {
    const text = page(RESULTS);
    expect(text).toContain('| proxy, 90 B: bare `node:http` + undici | 1.2 | 1.10 **1.20** 1.30 | met |');
    expect(text).toContain('| the same, user CPU only | 1.3 | 1.20 **1.40** 1.60 | **missed** |');
    expect(text).toContain('| latency that Portico adds at half load, p50 | 0.3 ms | 0.20 **0.30** 0.40 ms |');
    expect(text).toMatch(/\| cache hit, 90 B: Varnish \| 0.75 \| – \| not measured \|/);
  });

  it('says if the run was a quick one', () => {
    const quick = scenario('proxy-90', 'proxy', PROXY, { ...RUN, quick: true });
    expect(page({ scenarios: [quick] })).toContain('a quick run');
  });
});

describe('the picture', () => {
  it('has a bar from the lowest to the highest ratio of each peer', () => {
    const svg = picture(RESULTS);
    expect(svg.match(/<circle /g)).toHaveLength(1);
    expect(svg).toContain('>1.20</text>');
    expect(svg).toContain('>Title of proxy-90</text>');
  });

  it('has no peer without CPU time', () => {
    expect(picture({ scenarios: [scenario('idle', 'connections', {})] })).not.toContain('<circle');
  });
});

describe('a partial run', () => {
  const ORDER = ['proxy', 'hit'];
  const later = { ...RUN, commit: 'def5678' };

  it('replaces what it measured, and keeps the rest with its commit', () => {
    const before = { scenarios: [scenario('proxy-90', 'proxy'), scenario('proxy-100k', 'proxy')] };
    const { scenarios } = merged(before, scenario('proxy-90', 'proxy', PROXY, later), ORDER);
    expect(scenarios.map(({ id, run }) => [id, run.commit])).toEqual([
      ['proxy-90', 'def5678'],
      ['proxy-100k', 'abc1234'],
    ]);
  });

  it('adds a scenario at the place of its group', () => {
    const before = { scenarios: [scenario('hit-90', 'hit')] };
    const { scenarios } = merged(before, scenario('proxy-90', 'proxy'), ORDER);
    expect(scenarios.map(({ id }) => id)).toEqual(['proxy-90', 'hit-90']);
  });
});

describe('the history', () => {
  const costs: Costs = { proxied: { ownCalls: 1, allCalls: 2, bytes: 3 } };

  it('has a row of a commit with the medians that were measured at it', () => {
    const [row] = withRow([], RESULTS, RUN, costs);
    expect(row).toEqual({
      commit: 'abc1234',
      date: '2026-11-29',
      medians: { 'proxy/bare': 1.2, 'proxy/bare, user': 1.4, 'added p50': 0.3 },
      costs,
    });
  });

  it('replaces the row when the same commit runs again', () => {
    const old: HistoryRow = { commit: 'abc1234', date: '2026-11-28', medians: {}, costs };
    const other: HistoryRow = { ...old, commit: 'aaa0000' };
    const rows = withRow([old, other], RESULTS, RUN, costs);
    expect(rows.map(({ commit, date }) => [commit, date])).toEqual([
      ['abc1234', '2026-11-29'],
      ['aaa0000', '2026-11-28'],
    ]);
  });

  it('does not repeat what another commit measured', () => {
    const [row] = withRow([], RESULTS, { ...RUN, commit: 'def5678' }, costs);
    expect(row?.medians).toEqual({});
  });
});

describe('the block of README', () => {
  it('has the comparisons that are measured', () => {
    expect(readmeBlock(RESULTS)).toContain('| proxy, 90 B: bare `node:http` + undici | 1.20 | 1.10 – 1.30 |');
    expect(readmeBlock(RESULTS)).not.toContain('Varnish');
  });

  it('replaces the block before it, and nothing else', () => {
    const block = readmeBlock(RESULTS);
    const written = withBlock(`before\n${readmeBlock({ scenarios: [] })}\nafter`, block);
    expect(written).toBe(`before\n${block}\nafter`);
    expect(() => withBlock('no place', block)).toThrow('README.md has no');
  });
});

it('each comparison has a name of its own', () => {
  const ids = COMPARISONS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
