import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonShape } from '../../src/recordings/json-shape.ts';
import { shapeChanges } from '../../src/recordings/shape-changes.ts';
import { startBackend } from '../support/backend.ts';
import { runPortico } from '../support/command.ts';
import { createProject } from '../support/project.ts';
import { proxyOf, recordingTest } from '../support/recording.ts';

function shapeOf(...values: readonly unknown[]): JsonShape {
  const shape = new JsonShape();
  for (const value of values) shape.learn(value);
  return shape;
}

const changes = (recorded: readonly unknown[], now: unknown) =>
  shapeChanges(now, shapeOf(...recorded)).map(({ pointer, change }) => `${pointer} ${change}`);

describe('the shape of a response', () => {
  it('is that of every value it was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), values => {
        for (const value of values) expect(changes(values, value)).toEqual([]);
      }),
    );
  });

  it.each([
    ['another type', [{ id: 7 }], { id: '7' }, ['/id is now string, was integer']],
    ['a member that is gone', [{ id: 7, price: 1 }], { id: 7 }, ['/price is gone']],
    ['a new member', [{ id: 7 }], { id: 7, tags: [] }, ['/tags is new']],
    [
      'a change in an item',
      [{ items: [{ id: 1 }, { id: 2 }] }],
      { items: [{ id: 'a' }] },
      ['/items/*/id is now string, was integer'],
    ],
    [
      'the same change in two items',
      [[{ id: 1 }]],
      [{ id: 'a' }, { id: 'b' }],
      ['/*/id is now string, was integer', '/*/id is now string, was integer'],
    ],
    ['names with signs', [{ 'a/b': 1, 'c~d': 1 }], { 'a/b': 'x', 'c~d': 1 }, ['/a~1b is now string, was integer']],
    ['an object in place of a list', [{ a: [1] }], { a: { b: 1 } }, ['/a is now object, was array']],
    ['one of several types', [{ a: 1 }, { a: 'x' }], { a: true }, ['/a is now boolean, was integer or string']],
    [
      'a null where three values were none',
      [{ a: 1 }, { a: 2 }, { a: 3 }],
      { a: null },
      ['/a is now null, was integer'],
    ],
    ['the whole', [{ a: 1 }], [1], [' is now array, was object']],
  ])('shows %s', (_what, recorded, now, expected) => {
    expect(changes(recorded, now)).toEqual(expected);
  });

  it.each([
    ['a price with cents', [{ price: 12 }], { price: 12.5 }],
    ['a whole price', [{ price: 12.5 }], { price: 12 }],
    ['a member that some items lack', [{ items: [{ id: 1, sale: 1 }, { id: 2 }] }], { items: [{ id: 3 }] }],
    ['a member that some responses lack', [{ id: 1, sale: 1 }, { id: 2 }], { id: 3 }],
    ['a value where only null was recorded', [{ a: null }], { a: { b: 1 } }],
    ['a null where null was recorded', [{ a: null }, { a: 1 }, { a: 2 }, { a: 3 }], { a: null }],
    ['a null where little was recorded', [{ a: 1 }], { a: null }],
    ['items where only empty lists were recorded', [{ a: [] }], { a: [{ b: 1 }] }],
    ['an empty list', [{ a: [1] }], { a: [] }],
    ['other keys of a table', [{ byId: { 17: { qty: 1 }, 18: { qty: 2 } } }], { byId: { 99: { qty: 3 } } }],
    ['other keys of a table with names', [{ rates: { EUR: 1, CHF: 2 } }, { rates: { SEK: 3 } }], { rates: { NOK: 4 } }],
  ])('does not show %s', (_what, recorded, now) => {
    expect(changes(recorded, now)).toEqual([]);
  });

  it('shows a change in a table', () => {
    expect(changes([{ byId: { 17: { qty: 1 } } }], { byId: { 99: { qty: '3' } } })).toEqual([
      '/byId/*/qty is now string, was integer',
    ]);
  });
});

describe('a drift', () => {
  it('is reported once by its route, service and pointer, in dev and by a flag of start', async () => {
    let product: unknown = { id: 7, price: 12, tags: ['a'] };
    await using backend = await startBackend((req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end(req.url === '/unknown' ? '{}' : JSON.stringify(product));
    });
    const files = proxyOf(backend.url);
    await using test = await recordingTest(files);
    const live = await test.live();
    await (await fetch(`${live.url}/products/7`)).text();
    await live[Symbol.asyncDispose]();
    product = { id: 'seven', tags: [1], color: 'red' };
    await using project = await createProject(files);
    const lines = async (command: readonly string[]) => {
      const args = [...command, '--dir', project.dir, '--recordings', test.folder];
      await using portico = await runPortico(args, { LOG_LEVEL: 'warn' });
      // Another product of the same route has the same shape.
      for (const path of ['/products/7', '/products/8', '/products/8'])
        expect(await (await fetch(portico.url + path)).json()).toEqual(product);
      if (!command.includes('0%')) await portico.process.printed('/color');
      const { out } = await portico.process.stop();
      return out.split('\n').filter(line => line.includes('recorded'));
    };
    const drift = { site: '/{...path}', service: 'api', msg: 'a response differs from the recorded ones' };
    expect(await lines(['start', '--drift', '0%'])).toEqual([]);
    // The last one replaces the recordings that it compares with.
    for (const command of [['dev'], ['start', '--drift', '100%'], ['record']]) {
      const found = (await lines(command)).map(line => JSON.parse(line)).filter(({ msg }) => msg === drift.msg);
      expect(found).toMatchObject([
        { ...drift, pointer: '/price', change: 'is gone' },
        { ...drift, pointer: '/id', change: 'is now string, was integer' },
        { ...drift, pointer: '/tags/*', change: 'is now integer, was string' },
        { ...drift, pointer: '/color', change: 'is new' },
      ]);
    }
  }, 30_000);
});
