import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesBody } from '../../src/core/body.ts';
import { keyOf, RequestIdentity } from '../../src/recordings/recorded-request.ts';
import { Redaction } from '../../src/recordings/redaction.ts';
import { exchange, headers } from '../support/exchange.ts';

const identity = new RequestIdentity(new Redaction(), ['X-Tenant']);

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly search?: string;
  readonly body?: string;
  readonly type?: string;
}

function requestOf({ method = 'POST', path = '/a', search = '', body = '', type = '' }: Sent) {
  const bytes = Buffer.from(body);
  const x = exchange({ method, path, search, headers: headers({ 'content-type': type }), body: bytesBody(bytes) });
  return identity.of(x, 'api', bytes);
}

const key = (sent: Sent) => keyOf(requestOf(sent));

describe('two requests', () => {
  it('are one if they differ in secrets only', () => {
    const token = fc.stringMatching(/^[a-z0-9]{1,20}$/);
    fc.assert(
      fc.property(token, token, (a, b) => {
        const sent = (secret: string): Sent => ({
          search: `?page=1&token=${secret}`,
          body: JSON.stringify({ user: 'ada', password: secret }),
          type: 'application/json',
        });
        expect(key(sent(a))).toBe(key(sent(b)));
      }),
    );
  });

  it('are two if they differ in anything else', () => {
    const sent = fc.record({
      method: fc.constantFrom('GET', 'POST'),
      path: fc.webPath(),
      search: fc.webQueryParameters().map(text => (text === '' ? '' : `?${text}`)),
      body: fc.json(),
      type: fc.constant('application/json'),
    });
    const hasSecret = (each: Sent) => JSON.stringify(requestOf(each)).includes('redacted');
    fc.assert(
      fc.property(sent, sent, (a, b) => {
        fc.pre(!hasSecret(a) && !hasSecret(b));
        const isEqual = a.method === b.method && a.path === b.path && a.search === b.search && same(a.body, b.body);
        expect(key(a) === key(b)).toBe(isEqual);
      }),
    );
  });

  it('are one if their JSON or their form is only written in another way', () => {
    const json = { type: 'application/json' };
    expect(key({ ...json, body: '{"a": [1, 2]}' })).toBe(key({ ...json, body: '{"a":[1,2]}\n' }));
    expect(key({ ...json, body: '{"id":12345678901234567890}' })).not.toBe(
      key({ ...json, body: '{"id":12345678901234567891}' }),
    );
    const form = (boundary: string, value: string): Sent => ({
      type: `multipart/form-data; boundary=${boundary}`,
      body: `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${value}\r\n--${boundary}--\r\n`,
    });
    expect(key(form('x1', '7'))).toBe(key(form('y2', '7')));
    expect(key(form('x1', '7'))).not.toBe(key(form('x1', '8')));
  });

  it('are two if their parameters have another order', () => {
    expect(key({ search: '?a=1&b=2' })).not.toBe(key({ search: '?b=2&a=1' }));
  });
});

/** JSON without its spaces. */
function same(a: string, b: string): boolean {
  return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
}

describe('what a response varies by', () => {
  it('is kept by its value if it is no secret, else by its presence', () => {
    const names = ['accept-encoding', 'accept-language', 'cookie', 'origin', 'x-other', 'x-tenant', '*'];
    const sent = headers({ 'accept-language': 'de', cookie: 'sid=7', origin: 'http://a', 'x-tenant': 'acme' });
    expect(identity.varying(names, sent)).toEqual({
      'accept-language': 'de',
      cookie: 'redacted',
      origin: 'redacted',
      'x-other': null,
      'x-tenant': 'acme',
    });
  });
});
