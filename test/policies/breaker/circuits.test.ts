import { expect, it } from 'vitest';
import { Circuits } from '../../../src/policies/breaker/circuits.ts';
import { FakeClock } from '../../support/clock.ts';
import { POLICY } from './bench.ts';

const circuits = (held: readonly string[] = []) => new Circuits({ clock: new FakeClock(), chance: () => 0.5 }, held);
const user = (site: string, service = 'catalog') => ({ site, service, who: service });

it('gives each call site its own circuit, and one circuit to all sites with the same name', () => {
  const made = circuits();
  const shared = { ...POLICY, name: 'payments' };
  expect(made.of(user('GET /a'), POLICY)).not.toBe(made.of(user('GET /b'), POLICY));
  expect(made.of(user('GET /c'), shared)).toBe(made.of(user('GET /d#pay', 'payments-v2'), shared));
  expect(made.readings.map(({ site, usedBy, services }) => [site, usedBy, services])).toEqual([
    ['GET /a', ['GET /a'], ['catalog']],
    ['GET /b', ['GET /b'], ['catalog']],
    ['payments', ['GET /c', 'GET /d#pay'], ['catalog', 'payments-v2']],
  ]);
});

it('forces every circuit of a site open, including circuits that are created later', () => {
  const made = circuits();
  const first = made.of(user('GET /a', 'one'), POLICY);
  made.hold('GET /a');
  const later = made.of(user('GET /a', 'two'), POLICY);
  expect([first.state, later.state]).toEqual(['open', 'open']);
  made.close('GET /a');
  expect([first.state, later.state]).toEqual(['closed', 'closed']);
  expect(made.of(user('GET /a', 'three'), POLICY).state).toBe('closed');
});

it('applies the initial forced-open list and reports names that match no site', () => {
  const made = circuits(['GET /a', 'GET /gone']);
  expect(made.of(user('GET /a'), POLICY).reading.held).toBe(true);
  expect(made.readings.map(({ site, held, usedBy }) => [site, held, usedBy.length])).toEqual([
    ['GET /a', true, 1],
    ['GET /gone', true, 0],
  ]);
  made.close('GET /gone');
  expect(made.readings).toHaveLength(1);
});

it('reports in whole seconds when the next call may probe', () => {
  const made = circuits();
  const circuit = made.of(user('GET /a'), POLICY);
  expect(made.readings[0]).toEqual({
    site: 'GET /a',
    usedBy: ['GET /a'],
    services: ['catalog'],
    state: 'closed',
    held: false,
    failed: 0,
    total: 0,
  });
  circuit.hold();
  expect(made.readings[0]).not.toHaveProperty('retryInSeconds');
});
