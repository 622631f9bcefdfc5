import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf } from '../../src/recordings/file-name.ts';
import { keyOf, type RecordedRequest } from '../../src/recordings/recorded-request.ts';

const request = fc.record(
  {
    service: fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('cart', 'Cart', 'con', 'NUL', '..', 'a/b')),
    method: fc.constantFrom('GET', 'POST', 'get'),
    upgrade: fc.constant(true as const),
    path: fc.oneof(
      fc.webPath(),
      fc.constantFrom('/', '/A', '/a', '/a-b', '/a/b', '/../../etc/passwd', '/%2e%2e/x', `/${'long'.repeat(200)}`),
    ),
    query: fc.webQueryParameters().map(text => `?${text}`),
    body: fc.record({ sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)) }),
    headers: fc.dictionary(fc.constantFrom('accept', 'accept-language'), fc.constantFrom('de', 'en', null)),
  },
  { requiredKeys: ['service', 'method', 'path'] },
);

const identity = (each: RecordedRequest) => JSON.stringify([keyOf(each), Object.entries(each.headers ?? {}).sort()]);

describe('the name of a recording', () => {
  it('is safe on every file system', () => {
    fc.assert(
      fc.property(request, each => {
        const name = fileNameOf(each);
        expect(name).toMatch(/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*\.[0-9a-f]{12}\.json$/);
        expect(name).not.toMatch(/(?:^|\/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\/|\.|$)/);
        expect(Math.max(...name.split('/').map(step => step.length))).toBeLessThan(140);
      }),
    );
  });

  it('is another one for each request, whatever the case', () => {
    fc.assert(
      fc.property(request, request, (a, b) => {
        expect(fileNameOf(a).toLowerCase() === fileNameOf(b).toLowerCase()).toBe(identity(a) === identity(b));
      }),
    );
  });

  it('shows service, method and path', () => {
    expect(fileNameOf({ service: 'cart', method: 'POST', path: '/carts/7/items', query: '?a=1' })).toMatch(
      /^cart\/post-carts-7-items\.[0-9a-f]{12}\.json$/,
    );
    expect(fileNameOf({ service: 'chat', method: 'GET', path: '/ws', upgrade: true })).toMatch(/^chat\/websocket-ws\./);
  });
});
