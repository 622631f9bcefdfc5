import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defineRoute } from '../../src/config/route.ts';
import { defineService } from '../../src/config/service.ts';
import { CODES } from '../../src/config-loader/problem-codes.ts';
import { readRoute } from '../../src/config-loader/read-route.ts';

const service = defineService('s', { targets: ['http://127.0.0.1:1'] });
const OPTIONS = [
  'params',
  'query',
  'body',
  'response',
  'guard',
  'cache',
  'timeout',
  'retry',
  'breaker',
  'fallback',
  'purges',
];
const ANSWERS = ['upgrade', 'origins', 'proxy', 'aggregate', 'reply', 'handler', 'static', 'redirect'];
const INNER = [
  'ttl',
  'vary',
  'tags',
  'head',
  'total',
  'window',
  'attempts',
  'from',
  'needs',
  'to',
  'dir',
  'service',
  'properties',
];

const word = fc.constantFrom(...OPTIONS, ...ANSWERS, ...INNER, '__proto__', 'constructor', 'a', 'b');
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(undefined, null, false, true, 0, 2, '', '5s', '0s', 'x', '/[id]', 'http://h/[x]', '50%', service),
    fc.constantFrom(service('/[id]'), service('/[x'), () => 1, ['a'], {}),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  ),
}));
const definition = fc.oneof(
  value,
  fc.dictionary(fc.constantFrom(...OPTIONS, ...ANSWERS, 'timout'), value, { maxKeys: 5 }),
);

/** JavaScript may pass anything, whatever the types say. */
const looseRoute: (...args: readonly unknown[]) => unknown = Function.prototype.call.bind(defineRoute, undefined);

it('accepts any definition or reports its mistakes without throwing', () => {
  const file = fc.constantFrom(
    'routes/a/[id].ts',
    'routes/a/[id].post.ts',
    'routes/[[x]].get.ts',
    'routes/[x.ts',
    'routes/a.b.ts',
  );
  fc.assert(
    fc.property(definition, file, (given, name) => {
      const exports = { default: looseRoute(given) };
      const { drafts, route } = readRoute({ root: '/project', file: name, imported: { exports } }, new Map(), []);
      for (const draft of drafts) {
        expect(Object.keys(CODES)).toContain(draft.code);
        expect(draft.message).not.toBe('');
        expect(draft.remedy).not.toBe('');
      }
      if (drafts.length === 0) expect(route?.kind).toBeDefined();
    }),
    { numRuns: 5_000 },
  );
});
