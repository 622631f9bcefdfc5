import { describe, expect, it } from 'vitest';
import { CODES } from '../../src/config-loader/problem-codes.ts';
import { fixtureNames, mistakesIn } from './fixture.ts';

const fixtures = await fixtureNames();
const fixturesOf = (code: string) => fixtures.filter(name => name.startsWith(`${code.toLowerCase()}-`));

describe.each(Object.keys(CODES))('%s', code => {
  it('has a project with the mistake', () => {
    expect(fixturesOf(code)).not.toEqual([]);
  });

  it.each(fixturesOf(code))('is the only problem in %s', async fixture => {
    const { problems } = await mistakesIn(fixture);
    expect(problems.map(problem => problem.code)).toEqual(problems.map(() => code));
    expect(problems.length).toBeGreaterThan(0);
  });

  it.each(fixturesOf(code))('has a position, a frame and a remedy in %s', async fixture => {
    for (const problem of (await mistakesIn(fixture)).problems) {
      expect(problem.file).toMatch(/^[\w[(.]/);
      expect(problem.line).toBeGreaterThanOrEqual(1);
      expect(problem.column).toBeGreaterThanOrEqual(1);
      expect(problem.message).not.toBe('');
      expect(problem.remedy).not.toBe('');
      expect(problem.frame).toMatch(/─|routes\//);
    }
  });
});

it('is never described in the words of a library', async () => {
  const reports = await Promise.all(fixtures.map(async name => (await mistakesIn(name)).report()));
  expect(reports.join('\n')).not.toMatch(/must NOT|must match|oneOf|anyOf|instancePath|not undefined|\[object/);
});
