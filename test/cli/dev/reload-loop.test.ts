import { expect, it } from 'vitest';
import { ReloadLoop } from '../../../src/cli/dev/reload-loop.ts';
import { FakeClock } from '../../support/clock.ts';

/** A loop whose loads the test begins and ends, as a pool of workers would. */
function loop() {
  const clock = new FakeClock();
  const notes: string[] = [];
  let loads = 0;
  const reload = () => {
    loads += 1;
    // The end of a load that is given up is not reported.
    of.begins();
  };
  const of = new ReloadLoop({ clock, note: line => notes.push(line), reload });
  const saved = (file = 'routes/a.get.ts', at = clock.wall()) => of.changed([{ file, at }]);
  const served = (ms = 100) => {
    clock.advance(ms);
    of.ended();
    clock.advance(1);
  };
  return { clock, notes, of, saved, served, loads: () => loads };
}

it('loads once for each change between two loads', () => {
  const { saved, served, loads, notes, clock } = loop();
  for (const round of [1, 2, 3, 4, 5, 6, 7, 8]) {
    saved();
    served();
    clock.advance(10);
    expect(loads()).toBe(round);
  }
  clock.advance(60_000);
  expect({ loads: loads(), notes }).toEqual({ loads: 8, notes: [] });
});

it('gives a load up for a change during it, and completes the third', () => {
  const { saved, served, loads, notes, clock } = loop();
  saved();
  for (let i = 0; i < 6; i++) {
    clock.advance(10);
    saved();
  }
  expect(loads()).toBe(3);
  expect(notes).toEqual(['a.get.ts changes faster than the project loads; this load goes on, and another follows']);
  served();
  expect(loads()).toBe(3);
  clock.advance(500);
  expect(loads()).toBe(4);
  served();
  clock.advance(60_000);
  expect(loads()).toBe(4);
});

it('ends the loads of a file that changes while it is loaded, with a line, until the next save', () => {
  const { saved, served, loads, notes, clock } = loop();
  saved();
  for (let changed = 0; changed < loads(); changed++) {
    clock.advance(10);
    const before = loads();
    saved('routes/stamp.ts');
    if (loads() === before) served();
    clock.advance(500);
  }
  expect(loads()).toBe(5);
  expect(notes).toEqual([
    'stamp.ts changes faster than the project loads; this load goes on, and another follows',
    'stamp.ts changes whenever it is loaded; it is loaded again when a file is saved after that',
  ]);
  clock.advance(60_000);
  expect(loads()).toBe(5);
  saved('routes/b.get.ts');
  expect(loads()).toBe(6);
});

it.each(['alone', 'together'])('loads a save during the last of these loads, heard %s', heard => {
  const { saved, served, loads, notes, clock, of } = loop();
  saved();
  for (let changed = 0; changed < loads(); changed++) {
    clock.advance(10);
    const before = loads();
    const isLast = before === 5;
    const files = isLast && heard === 'together' ? ['routes/b.get.ts', 'routes/stamp.ts'] : ['routes/stamp.ts'];
    of.changed(files.map(file => ({ file, at: clock.wall() })));
    if (isLast && heard === 'alone') saved('routes/b.get.ts');
    if (loads() === before) served();
    clock.advance(500);
  }
  expect(notes.filter(line => line.includes('stamp.ts changes whenever'))).toHaveLength(2);
  expect(loads()).toBe(10);
});

it('knows a change during a load that is heard after its end', () => {
  const { saved, served, loads, clock } = loop();
  saved();
  for (let changed = 0; changed < loads(); changed++) {
    clock.advance(10);
    const at = clock.wall();
    served();
    saved('routes/stamp.ts', at);
    clock.advance(500);
  }
  expect(loads()).toBe(5);
});

it('never takes somebody who goes on saving for such a file', () => {
  const { saved, served, loads, notes, clock } = loop();
  saved();
  for (let i = 0; i < 30; i++) {
    clock.advance(10);
    saved();
    served();
    saved();
    clock.advance(500);
  }
  const before = loads();
  served();
  saved();
  clock.advance(10_000);
  expect(loads()).toBeGreaterThan(before);
  expect(notes.filter(line => line.includes('whenever'))).toEqual([]);
});

it('loads at last although the changes never pause', () => {
  const { saved, served, loads, clock } = loop();
  saved();
  for (let i = 0; i < 3; i++) {
    clock.advance(10);
    saved();
  }
  served();
  for (let i = 0; i < 60; i++) {
    clock.advance(200);
    saved();
  }
  expect(loads()).toBeGreaterThan(3);
});

it('gives up a load that hangs after a change during it', () => {
  const { saved, loads, clock } = loop();
  saved();
  for (let i = 0; i < 5; i++) {
    clock.advance(10);
    saved();
  }
  expect(loads()).toBe(3);
  clock.advance(10_000);
  expect(loads()).toBe(4);
});
