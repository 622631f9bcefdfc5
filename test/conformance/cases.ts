import type { Answer, Step } from './script.ts';

export interface Case {
  readonly name: string;
  readonly steps: readonly Step[];
}

const fresh: Answer = { headers: ['Cache-Control', 'max-age=3600'] };
const says = (...headers: string[]): Answer => ({ headers });

/** Two equal requests; the second one shows whether the response was stored. */
const twice = (
  name: string,
  response: Answer,
  second: NonNullable<Step['sees']>,
  after = 0,
  rest: Partial<Step> = {},
): Case => ({
  name,
  steps: [
    { response, sees: 'asked' },
    { after, sees: second, ...rest },
  ],
});

const both = (rfc9111: 'stored' | 'asked' | 'validated', careful: 'stored' | 'asked' | 'validated') => ({
  rfc9111,
  default: careful,
});

/** RFC 9111 §4.2: freshness. */
export const FRESHNESS: readonly Case[] = [
  twice('a response within max-age is served', fresh, 'stored', 3599),
  twice('a response beyond max-age is stale', fresh, 'asked', 3600),
  twice('s-maxage wins over max-age', says('Cache-Control', 's-maxage=60, max-age=1'), 'stored', 30),
  twice('s-maxage wins over a longer max-age', says('Cache-Control', 's-maxage=1, max-age=3600'), 'asked', 30),
  twice(
    'max-age wins over Expires',
    { headers: now => ['Cache-Control', 'max-age=1', 'Expires', now(3600)] },
    'asked',
    5,
  ),
  twice(
    'max-age=0 wins over a future Expires',
    { headers: now => ['Cache-Control', 'max-age=0', 'Expires', now(3600)] },
    'asked',
  ),
  twice('a response before Expires is served', { headers: now => ['Expires', now(3600)] }, 'stored', 3000),
  twice('Expires is relative to Date', { headers: now => ['Date', now(-30), 'Expires', now(10)] }, 'stored', 5),
  twice('a response with Expires equal to Date is stale', { headers: now => ['Expires', now()] }, 'asked'),
  twice('an Expires in the past', { headers: now => ['Expires', now(-3600)] }, 'asked'),
  ...[
    '0',
    '-1',
    'never',
    '',
    'Thu, 18 Aug 2050 02:01:18',
    'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 +0100',
    'Thu, 18 Aug 50 02:01:18 GMT',
    'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 18  Aug  2050  02:01:18  GMT',
    'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01 GMT',
    '2050-08-18T02:01:18Z',
  ].map(date => twice(`an Expires that is no HTTP date: "${date}"`, says('Expires', date), 'asked')),
  ...[
    'Thu, 18 Aug 2050 02:01:18 GMT',
    'Thursday, 18-Aug-50 02:01:18 GMT',
    'Thu Aug 18 02:01:18 2050',
    'thu, 18 aug 2050 02:01:18 gmt',
  ].map(date => twice(`an Expires in one of the three forms: "${date}"`, says('Expires', date), 'stored')),
  twice('two Expires lines are stale', { headers: now => ['Expires', now(3600), 'Expires', now(7200)] }, 'asked'),
  twice('the Age of a response counts', says('Cache-Control', 'max-age=3600', 'Age', '3000'), 'asked', 601),
  twice('an Age that is older than the lifetime', says('Cache-Control', 'max-age=3600', 'Age', '7200'), 'asked'),
  ...['7200, 0', '007200'].map(age =>
    twice(`the first of "Age: ${age}"`, says('Cache-Control', 'max-age=3600', 'Age', age), 'asked'),
  ),
  twice('the first of two Age lines', says('Cache-Control', 'max-age=3600', 'Age', '7200', 'Age', '0'), 'asked'),
  ...['-7200', '7200.0', 'abc', '7200abc', '"7200"', '7200;foo=bar', '', '+7200', '7_200'].map(age =>
    twice(`an invalid Age is ignored: "${age}"`, says('Cache-Control', 'max-age=3600', 'Age', age), 'stored'),
  ),
  twice(
    'an Age beyond 2^31 is capped and stale',
    says('Cache-Control', 'max-age=2147483647', 'Age', '9999999999999'),
    'asked',
  ),
  twice('an old Date counts as age', { headers: now => ['Cache-Control', 'max-age=60', 'Date', now(-120)] }, 'asked'),
  twice(
    'a Date in the future adds no age',
    { headers: now => ['Cache-Control', 'max-age=60', 'Date', now(3600)] },
    'stored',
  ),
  twice('a max-age beyond 2^31', says('Cache-Control', 'max-age=99999999999'), 'stored', 3600),
  ...[
    'max-age=-3600',
    'max-age=3600.0',
    'max-age=a3600',
    'max-age=3600a',
    "max-age='3600'",
    'max-age=',
    'max-age',
    'max-age = 3600',
    'max-age=+3600',
    'max-age=3 600',
    'max-age="3600',
  ].map(value => twice(`a lifetime that is no number: ${value}`, says('Cache-Control', value), 'asked')),
  ...[
    'MaX-aGe=3600',
    'max-age="3600"',
    ' max-age=3600 ',
    ',, max-age=3600, ,',
    'extension="max-age=0", max-age=3600',
    'max-age=003600',
    'max-age=3600, max-age=0',
    'a=b\t,\tmax-age=3600',
    'extension="\\"max-age=1, ", max-age=3600',
  ].map(value => twice(`a lifetime written otherwise: ${value}`, says('Cache-Control', value), 'stored', 1800)),
  twice('the first of two max-age directives counts', says('Cache-Control', 'max-age=0, max-age=3600'), 'asked'),
  twice('Cache-Control over two lines', says('Cache-Control', 'public', 'Cache-Control', 'max-age=3600'), 'stored'),
  twice('text in a quoted string is no directive', says('Cache-Control', 'extension="max-age=3600"'), 'asked'),
  twice('a response without freshness information', {}, 'asked'),
  twice(
    'heuristic freshness in the rfc9111 profile only',
    { headers: now => ['Last-Modified', now(-100_000)] },
    both('stored', 'asked'),
    60,
  ),
  twice('heuristic freshness ends', { headers: now => ['Last-Modified', now(-1000)] }, both('validated', 'asked'), 200),
  ...[203, 204, 404, 405, 410, 414, 501].map(status =>
    twice(
      `heuristic freshness for ${status}`,
      { status, headers: now => ['Last-Modified', now(-100_000)] },
      both('stored', 'asked'),
      60,
    ),
  ),
  ...[201, 302, 307, 403, 500, 502, 503].map(status => ({
    name: `no heuristic freshness for ${status}`,
    steps: [
      { response: { status, headers: (now: (s?: number) => string) => ['Last-Modified', now(-100_000)] } },
      { after: 60, response: {}, status: 200 },
    ],
  })),
  twice(
    'heuristic freshness for a public response',
    { status: 299, headers: now => ['Cache-Control', 'public', 'Last-Modified', now(-100_000)] },
    both('stored', 'asked'),
    60,
  ),
];

/** RFC 9111 §3 and §5.2.2: what may be stored. */
export const STORING: readonly Case[] = [
  ...[
    'no-store',
    'No-Store',
    'private',
    'no-store, max-age=3600',
    'max-age=3600, no-store',
    'private, max-age=3600',
    'no-store=x, max-age=3600',
    'max-age=3600, private=""',
  ].map(value => twice(`Cache-Control: ${value}`, says('Cache-Control', value), 'asked')),
  twice('no-store on a second line', says('Cache-Control', 'max-age=3600', 'Cache-Control', 'no-store'), 'asked'),
  twice('no-cache without a validator', says('Cache-Control', 'no-cache, max-age=3600'), 'asked'),
  twice(
    'no-cache with a validator is revalidated',
    says('Cache-Control', 'no-cache, max-age=3600', 'ETag', '"a"'),
    'validated',
  ),
  twice(
    'no-cache alone, with a validator, is revalidated',
    says('Cache-Control', 'no-cache', 'ETag', '"a"'),
    'validated',
  ),
  {
    name: 'no-cache alone, with a validator, is served after a 304',
    steps: [
      { response: { ...says('Cache-Control', 'no-cache', 'ETag', '"a"'), body: 'the one' }, sees: 'asked' },
      { response: { status: 304, headers: ['ETag', '"a"'] }, sees: 'validated', status: 200, body: 'the one' },
      { response: { status: 304, headers: ['ETag', '"a"'] }, sees: 'validated', status: 200, body: 'the one' },
    ],
  },
  twice('Set-Cookie2 is an ordinary field', says('Cache-Control', 'max-age=3600', 'Set-Cookie2', 'a=b'), 'stored', 0, {
    has: { 'set-cookie2': 'a=b' },
  }),
  ...(
    [
      ['its own address', (path: string) => path, both('stored', 'asked')],
      ['another address', () => '/elsewhere', 'asked'],
    ] as const
  ).map(([what, location, sees]) => ({
    name: `a POST with a lifetime whose Content-Location is ${what}`,
    steps: [
      { ask: { path: `/posted/${what.length}` }, response: fresh },
      {
        ask: { path: `/posted/${what.length}`, method: 'POST', body: 'a' },
        response: {
          headers: ['Cache-Control', 'max-age=3600', 'Content-Location', location(`/posted/${what.length}`)],
          body: 'posted',
        },
        body: 'posted',
      },
      { ask: { path: `/posted/${what.length}` }, sees },
    ],
  })),
  {
    name: 'a POST without a lifetime is not served for a GET, whatever its Content-Location',
    steps: [
      {
        ask: { path: '/posted/silent', method: 'POST', body: 'a' },
        response: { headers: ['Content-Location', '/posted/silent'] },
      },
      { ask: { path: '/posted/silent' }, sees: 'asked' },
    ],
  },
  twice('NO-CACHE in capitals', says('Cache-Control', 'NO-CACHE, max-age=3600', 'ETag', '"a"'), 'validated'),
  twice('max-age=0 with a validator is revalidated', says('Cache-Control', 'max-age=0', 'ETag', '"a"'), 'validated'),
  twice(
    'no-cache with a field name removes the field',
    says('Cache-Control', 'no-cache="X-A", max-age=3600', 'X-A', '1', 'X-B', '2'),
    'stored',
    0,
    { has: { 'x-a': null, 'x-b': '2' } },
  ),
  twice(
    'private with a field name removes the field',
    says('Cache-Control', 'private="X-A, X-C", max-age=3600', 'X-A', '1', 'X-B', '2', 'X-C', '3'),
    both('stored', 'asked'),
  ),
  twice(
    'must-revalidate does not affect a fresh response',
    says('Cache-Control', 'max-age=3600, must-revalidate'),
    'stored',
  ),
  twice(
    'must-understand with a known status overrides no-store',
    says('Cache-Control', 'must-understand, no-store, max-age=3600'),
    both('stored', 'asked'),
  ),
  twice(
    'must-understand with an unknown status',
    { status: 299, headers: ['Cache-Control', 'must-understand, max-age=3600'] },
    'asked',
  ),
  ...[200, 201, 203, 204, 299, 300, 301, 302, 303, 307, 308, 402, 403, 404, 405, 406, 410, 414, 418, 451].map(status =>
    twice(`a fresh ${status}`, { status, headers: ['Cache-Control', 'max-age=3600'] }, 'stored', 0, { status }),
  ),
  ...[400, 408, 413, 429, 431, 500, 501, 502, 503, 504, 599].map(status =>
    twice(
      `a fresh ${status} is stored in the rfc9111 profile only`,
      { status, headers: ['Cache-Control', 'max-age=3600'] },
      both('stored', 'asked'),
    ),
  ),
  ...[200, 301, 404, 410].map(status =>
    twice(`a stale ${status}`, { status, headers: ['Cache-Control', 'max-age=1'] }, 'asked', 5),
  ),
  twice(
    'a response with Set-Cookie',
    says('Cache-Control', 'max-age=3600', 'Set-Cookie', 'a=b'),
    both('stored', 'asked'),
  ),
  twice(
    'Pragma: no-cache in a response is ignored',
    says('Cache-Control', 'max-age=3600', 'Pragma', 'no-cache'),
    'stored',
  ),
  {
    name: 'a response to a request with Authorization',
    steps: [{ ask: { headers: ['Authorization', 'Basic YTpi'] }, response: fresh, sees: 'asked' }, { sees: 'asked' }],
  },
  ...['public', 'must-revalidate', 's-maxage=3600'].map(directive => ({
    name: `a response to a request with Authorization and ${directive}`,
    steps: [
      {
        ask: { headers: ['Authorization', 'Basic YTpi'] },
        response: says('Cache-Control', `max-age=3600, ${directive}`),
        sees: 'asked' as const,
      },
      { sees: 'stored' as const },
      { ask: { headers: ['Authorization', 'Basic Yzpk'] }, sees: 'stored' as const },
    ],
  })),
  {
    name: 'a response to a POST is not served for a GET',
    steps: [{ ask: { method: 'POST', body: 'a' }, response: fresh }, { sees: 'asked' }],
  },
  twice(
    'the Date of a stored response stays',
    { headers: now => ['Cache-Control', 'max-age=3600', 'Date', now(-10)] },
    'stored',
    20,
    { has: { age: '30' } },
  ),
  twice('a stored response has an Age', fresh, 'stored', 12, { has: { age: '12' } }),
  twice(
    'hop-by-hop fields are not stored',
    says(
      'Cache-Control',
      'max-age=3600',
      'Connection',
      'X-One',
      'X-One',
      '1',
      'Keep-Alive',
      'timeout=5',
      'Proxy-Authenticate',
      'Basic',
      'X-Two',
      '2',
    ),
    'stored',
    0,
    { has: { 'x-one': null, 'proxy-authenticate': null, 'x-two': '2' } },
  ),
  ...[
    'Content-Foo',
    'X-Test',
    'Content-MD5',
    'Content-Security-Policy',
    'Clear-Site-Data',
    'Strict-Transport-Security',
    'X-Frame-Options',
    'X-XSS-Protection',
    'Content-Disposition',
  ].map(name =>
    twice(`${name} is stored`, says('Cache-Control', 'max-age=3600', name, 'one'), 'stored', 0, {
      has: { [name.toLowerCase()]: 'one' },
    }),
  ),
  {
    name: 'fields of a 103 are not stored',
    steps: [
      { response: { ...fresh, hints: { link: '</a.css>; rel=preload' } } },
      { sees: 'stored', has: { link: null } },
    ],
  },
];

/** RFC 9213: targeted cache control. */
export const TARGETED: readonly Case[] = [
  twice(
    'CDN-Cache-Control wins over Cache-Control',
    says('CDN-Cache-Control', 'max-age=3600', 'Cache-Control', 'max-age=1'),
    'stored',
    60,
  ),
  twice(
    'CDN-Cache-Control wins over no-store',
    says('CDN-Cache-Control', 'max-age=3600', 'Cache-Control', 'no-store'),
    'stored',
    60,
  ),
  twice(
    'CDN-Cache-Control wins over Expires',
    { headers: now => ['CDN-Cache-Control', 'max-age=1', 'Expires', now(3600)] },
    'asked',
    60,
  ),
  twice('CDN-Cache-Control: no-store', says('CDN-Cache-Control', 'no-store', 'Cache-Control', 'max-age=3600'), 'asked'),
  twice('CDN-Cache-Control: private', says('CDN-Cache-Control', 'private', 'Cache-Control', 'max-age=3600'), 'asked'),
  twice(
    'Portico-Cache-Control wins over CDN-Cache-Control and is not passed on',
    says('Portico-Cache-Control', 'max-age=3600', 'CDN-Cache-Control', 'max-age=1'),
    'stored',
    60,
    { has: { 'portico-cache-control': null, 'cdn-cache-control': 'max-age=1' } },
  ),
  ...['', 'max-age', 'Max-Age=1', 'max-age=1 no-store', 'max-age=1,', '"max-age=1"', 'max-age=1;;', 'max-age=1, &'].map(
    value =>
      twice(
        `an invalid or empty CDN-Cache-Control is ignored, a lifetime without a number is stale: "${value}"`,
        says('CDN-Cache-Control', value, 'Cache-Control', 'max-age=3600'),
        value === 'max-age' ? 'asked' : 'stored',
        60,
      ),
  ),
  twice(
    'unknown members and parameters are ignored',
    says('CDN-Cache-Control', 'foo, max-age=3600;a=b, bar=(1 2)', 'Cache-Control', 'max-age=1'),
    'stored',
    60,
  ),
  twice(
    'a lifetime of another type is stale',
    says('CDN-Cache-Control', 'max-age=3600.5', 'Cache-Control', 'max-age=3600'),
    'asked',
  ),
  twice('a quoted lifetime is stale', says('CDN-Cache-Control', 'max-age="3600"'), 'asked'),
];

/** RFC 9111 §4.1: variants. */
const varied = (vary: string, ...more: string[]): Answer =>
  says('Cache-Control', 'max-age=3600', 'Vary', vary, ...more);
const asking = (...headers: string[]) => ({ headers });
export const VARY: readonly Case[] = [
  {
    name: 'the same value',
    steps: [
      { ask: asking('Foo', '1'), response: varied('Foo') },
      { ask: asking('Foo', '1'), sees: 'stored' },
    ],
  },
  {
    name: 'another value',
    steps: [
      { ask: asking('Foo', '1'), response: varied('Foo') },
      { ask: asking('Foo', '2'), sees: 'asked' },
    ],
  },
  { name: 'no value', steps: [{ ask: asking('Foo', '1'), response: varied('Foo') }, { sees: 'asked' }] },
  { name: 'no value twice', steps: [{ response: varied('Foo') }, { sees: 'stored' }] },
  {
    name: 'no value and an empty one',
    steps: [{ response: varied('Foo') }, { ask: asking('Foo', ''), sees: 'asked' }],
  },
  {
    name: 'both variants are kept',
    steps: [
      { ask: asking('Foo', '1'), response: varied('Foo') },
      { ask: asking('Foo', '2'), response: varied('Foo'), sees: 'asked' },
      { ask: asking('Foo', '1'), sees: 'stored' },
      { ask: asking('Foo', '2'), sees: 'stored' },
    ],
  },
  {
    name: 'other fields do not count',
    steps: [
      { ask: asking('Foo', '1', 'Other', '1'), response: varied('Foo') },
      { ask: asking('Foo', '1', 'Other', '2'), sees: 'stored' },
    ],
  },
  {
    name: 'two names',
    steps: [
      { ask: asking('Foo', '1', 'Bar', 'a'), response: varied('Foo, Bar') },
      { ask: asking('Foo', '1', 'Bar', 'b'), sees: 'asked' },
      { ask: asking('Foo', '1', 'Bar', 'a'), sees: 'stored' },
    ],
  },
  {
    name: 'two lines',
    steps: [
      { ask: asking('Foo', '1', 'Bar', 'a'), response: varied('Foo', 'Vary', 'Bar') },
      { ask: asking('Foo', '1', 'Bar', 'b'), sees: 'asked' },
    ],
  },
  ...['*', '*, *', ', *', 'Foo, *', '*, Foo', 'Foo,*'].map(value => ({
    name: `Vary: ${value}`,
    steps: [{ response: varied(value) }, { sees: 'asked' as const }],
  })),
  { name: 'Vary: * on a second line', steps: [{ response: varied('Foo', 'Vary', '*') }, { sees: 'asked' }] },
  {
    name: 'field names in any case',
    steps: [
      { ask: asking('foo', '1'), response: varied('FOO') },
      { ask: asking('Foo', '1'), sees: 'stored' },
    ],
  },
  {
    name: 'repeated lines form one list',
    steps: [
      { ask: asking('Foo', '1', 'Foo', '2'), response: varied('Foo') },
      { ask: asking('Foo', '1, 2'), sees: 'stored' },
    ],
  },
  {
    name: 'spaces around commas do not count',
    steps: [
      { ask: asking('Foo', '1,2'), response: varied('Foo') },
      { ask: asking('Foo', ' 1 ,  2 '), sees: 'stored' },
      { ask: asking('Foo', '"1,2"'), sees: 'asked' },
    ],
  },
  {
    name: 'languages in another case and with other spaces are equal',
    steps: [
      { ask: asking('Accept-Language', 'en, de'), response: varied('Accept-Language') },
      { ask: asking('Accept-Language', ' EN ,DE'), sees: 'stored' },
    ],
  },
  {
    name: 'languages of equal weight in another order differ',
    steps: [
      { ask: asking('Accept-Language', 'en, de'), response: varied('Accept-Language') },
      { ask: asking('Accept-Language', 'de, en'), sees: 'asked' },
    ],
  },
  {
    name: 'languages with other weights differ',
    steps: [
      { ask: asking('Accept-Language', 'en, de;q=0.5'), response: varied('Accept-Language') },
      { ask: asking('Accept-Language', 'de, en;q=0.5'), sees: 'asked' },
    ],
  },
  {
    name: 'a later response without Vary fits every request',
    steps: [
      { ask: asking('Foo', '1'), response: says('Cache-Control', 'max-age=1', 'Vary', 'Foo') },
      { after: 5, ask: asking('Foo', '1'), response: fresh, sees: 'asked' },
      // Any request field may have changed the response; only the rfc9111 profile relies on Vary alone.
      { ask: asking('Foo', '2'), sees: both('stored', 'asked') },
    ],
  },
  {
    name: 'a later response with another Vary',
    steps: [
      { ask: asking('Foo', '1', 'Bar', 'a'), response: varied('Foo') },
      { ask: asking('Foo', '2', 'Bar', 'a'), response: varied('Foo, Bar'), sees: 'asked' },
      { ask: asking('Foo', '1', 'Bar', 'a'), sees: 'stored' },
      { ask: asking('Foo', '2', 'Bar', 'b'), sees: 'asked' },
    ],
  },
  {
    name: 'an encoded response is served only to a client that accepts it',
    steps: [
      {
        ask: asking('Accept-Encoding', 'gzip'),
        response: says('Cache-Control', 'max-age=3600', 'Content-Encoding', 'x-unknown'),
      },
      { sees: 'asked' },
    ],
  },
  {
    name: "siblings' tags are sent, and one that still fits is used",
    steps: [
      { ask: asking('Foo', '1'), response: { ...varied('Foo', 'ETag', '"one"'), body: 'the one' } },
      {
        ask: asking('Foo', '2'),
        response: { status: 304, headers: ['ETag', '"one"', 'Vary', 'Foo', 'Cache-Control', 'max-age=3600'] },
        sees: 'validated',
        status: 200,
        body: 'the one',
      },
      { ask: asking('Foo', '2'), sees: 'stored', body: 'the one' },
    ],
  },
];

/** RFC 9111 §4.2.4 and RFC 5861: stale responses. */
const short = (...more: string[]): Answer => ({ headers: ['Cache-Control', ['max-age=1', ...more].join(', ')] });
const dropped: Answer = { drop: true };
export const STALE: readonly Case[] = [
  {
    name: 'a stale response when the backend drops the connection',
    steps: [{ response: short() }, { after: 5, response: dropped, status: 200 }],
  },
  ...['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=1'].map(directive => ({
    name: `a stale response with ${directive} when the backend drops the connection`,
    steps: [
      { response: { headers: ['Cache-Control', `max-age=1, ${directive}`, 'ETag', '"a"'] } },
      { after: 5, response: dropped, status: 502 },
    ],
  })),
  {
    name: 'a stale response beyond its window',
    steps: [{ response: short() }, { after: 120, response: dropped, status: 502 }],
  },
  {
    name: 'a 503 without stale-if-error',
    steps: [{ response: short() }, { after: 5, response: { status: 503 }, status: 503 }],
  },
  ...[500, 502, 503, 504].map(status => ({
    name: `a ${status} within stale-if-error`,
    steps: [
      { response: short('stale-if-error=60') },
      { after: 5, response: { status }, status: 200, has: { 'cache-status': /fwd=stale/ } },
    ],
  })),
  {
    name: 'a 503 after stale-if-error',
    steps: [{ response: short('stale-if-error=60') }, { after: 62, response: { status: 503 }, status: 503 }],
  },
  {
    name: 'a 404 within stale-if-error is passed on',
    steps: [{ response: short('stale-if-error=60') }, { after: 5, response: { status: 404 }, status: 404 }],
  },
  {
    name: 'a dropped connection within stale-if-error',
    steps: [{ response: short('stale-if-error=600') }, { after: 300, response: dropped, status: 200 }],
  },
  {
    name: 'stale-if-error wins over the implied revalidation of s-maxage',
    steps: [
      { response: short('s-maxage=1', 'stale-if-error=60') },
      { after: 5, response: { status: 503 }, status: 200 },
    ],
  },
  {
    name: 'must-revalidate wins over stale-if-error',
    steps: [
      { response: short('must-revalidate', 'stale-if-error=60') },
      { after: 5, response: { status: 503 }, status: 503 },
    ],
  },
  {
    name: 'stale-while-revalidate',
    steps: [
      { response: short('stale-while-revalidate=60') },
      { after: 5, response: fresh, status: 200, has: { 'cache-status': /hit; ttl=-4/ } },
    ],
  },
  {
    name: 'stale-while-revalidate ends',
    steps: [{ response: short('stale-while-revalidate=60') }, { after: 62, response: fresh, sees: 'asked' }],
  },
];

/** RFC 9111 §4.3: validation. */
const tagged = (...more: string[]): Answer => says('Cache-Control', 'max-age=1', 'ETag', '"v1"', ...more);
const notModified = (...more: string[]): Answer => ({ status: 304, headers: ['ETag', '"v1"', ...more] });
export const VALIDATION: readonly Case[] = [
  {
    name: 'sends the entity tag',
    steps: [
      { response: tagged() },
      { after: 5, response: notModified(), sees: 'validated', status: 200, backendHas: { 'if-none-match': '"v1"' } },
    ],
  },
  {
    name: 'sends a weak entity tag unchanged',
    steps: [
      { response: says('Cache-Control', 'max-age=1', 'ETag', 'W/"v1"') },
      {
        after: 5,
        response: { status: 304 },
        sees: 'validated',
        status: 200,
        backendHas: { 'if-none-match': 'W/"v1"' },
      },
    ],
  },
  {
    name: 'sends the date',
    steps: [
      { response: { headers: now => ['Cache-Control', 'max-age=1', 'Last-Modified', now(-1000)] } },
      { after: 5, response: { status: 304 }, sees: 'validated', status: 200 },
    ],
  },
  {
    name: 'a 304 makes the response fresh again',
    steps: [
      { response: tagged() },
      { after: 5, response: notModified('Cache-Control', 'max-age=60'), sees: 'validated' },
      { after: 50, sees: 'stored' },
    ],
  },
  {
    name: 'a 304 without a lifetime keeps the stored one',
    steps: [
      { response: tagged() },
      { after: 5, response: notModified(), sees: 'validated' },
      { sees: 'stored' },
      { after: 5, response: notModified(), sees: 'validated' },
    ],
  },
  {
    name: 'a 200 replaces the response',
    steps: [
      { response: { ...tagged(), body: 'old' } },
      { after: 5, response: { ...fresh, body: 'new' }, sees: 'validated', body: 'new' },
      { sees: 'stored', body: 'new' },
    ],
  },
  {
    name: 'a 304 with another entity tag does not update the response',
    steps: [
      { response: { ...tagged(), body: 'old' } },
      { after: 5, response: { status: 304, headers: ['ETag', '"v2"'] }, status: 200 },
    ],
  },
  ...[
    'Content-Foo',
    'X-Test',
    'Content-Location',
    'Content-MD5',
    'Content-Security-Policy',
    'Clear-Site-Data',
    'Content-Type',
    'Strict-Transport-Security',
    'X-Frame-Options',
    'X-XSS-Protection',
    'Content-Disposition',
  ].map(name => ({
    name: `a 304 updates ${name}`,
    steps: [
      { response: tagged(name, '/one') },
      {
        after: 5,
        response: notModified('Cache-Control', 'max-age=60', name, '/two'),
        sees: 'validated' as const,
        has: { [name.toLowerCase()]: '/two' },
      },
      { sees: 'stored' as const, has: { [name.toLowerCase()]: '/two' } },
    ],
  })),
  ...['Content-Encoding', 'Content-Range'].map(name => ({
    name: `a 304 does not update ${name}`,
    steps: [
      { response: tagged(name, 'one') },
      {
        after: 5,
        response: notModified('Cache-Control', 'max-age=60', name, 'two'),
        sees: 'validated' as const,
        has: { [name.toLowerCase()]: 'one' },
      },
      { sees: 'stored' as const, has: { [name.toLowerCase()]: 'one' } },
    ],
  })),
  {
    name: 'a 304 adds fields',
    steps: [
      { response: tagged() },
      { after: 5, response: notModified('Cache-Control', 'max-age=60', 'X-New', '1'), has: { 'x-new': '1' } },
      { sees: 'stored', has: { 'x-new': '1' } },
    ],
  },
  {
    name: 'a 304 keeps other fields',
    steps: [
      { response: tagged('X-Old', '1') },
      { after: 5, response: notModified('Cache-Control', 'max-age=60'), has: { 'x-old': '1' } },
      { sees: 'stored', has: { 'x-old': '1' } },
    ],
  },
  {
    name: 'a 304 with no-store removes the response',
    steps: [
      { response: tagged() },
      { after: 5, response: notModified('Cache-Control', 'no-store'), status: 200 },
      { after: 0, response: {}, status: 200 },
      { response: {}, sees: 'asked' },
    ],
  },
  ...['"v1"', 'W/"v1"', '"v0", "v1"', '"v0","v1"', '*', 'W/"v0", W/"v1"'].map(tag => ({
    name: `If-None-Match: ${tag} is evaluated by the cache`,
    steps: [
      { response: says('Cache-Control', 'max-age=3600', 'ETag', '"v1"') },
      { ask: asking('If-None-Match', tag), sees: 'stored' as const, status: 304, has: { etag: /"v1"/ } },
    ],
  })),
  {
    name: 'a weak entity tag is compared weakly',
    steps: [
      { response: says('Cache-Control', 'max-age=3600', 'ETag', 'W/"v1"') },
      { ask: asking('If-None-Match', '"v1"'), sees: 'stored', status: 304 },
    ],
  },
  {
    name: 'an entity tag without quotes',
    steps: [
      { response: says('Cache-Control', 'max-age=3600', 'ETag', 'v1') },
      { ask: asking('If-None-Match', 'v1'), sees: 'stored', status: 304 },
    ],
  },
  {
    name: 'another entity tag',
    steps: [
      { response: says('Cache-Control', 'max-age=3600', 'ETag', '"v1"') },
      { ask: asking('If-None-Match', '"v2"'), sees: 'stored', status: 200 },
    ],
  },
  {
    name: 'the entity tag wins over the date',
    steps: [
      { response: { headers: now => ['Cache-Control', 'max-age=3600', 'ETag', '"v1"', 'Last-Modified', now(-1000)] } },
      {
        ask: asking('If-None-Match', '"v2"', 'If-Modified-Since', 'Thu, 18 Aug 2050 02:01:18 GMT'),
        sees: 'stored',
        status: 200,
      },
    ],
  },
  {
    name: 'If-Modified-Since is evaluated by the cache',
    steps: [
      { response: { headers: now => ['Cache-Control', 'max-age=3600', 'Last-Modified', now(-1000)] } },
      { ask: asking('If-Modified-Since', 'Thu, 18 Aug 2050 02:01:18 GMT'), sees: 'stored', status: 304 },
      { ask: asking('If-Modified-Since', 'Thu, 18 Aug 2005 02:01:18 GMT'), sees: 'stored', status: 200 },
      { ask: asking('If-Modified-Since', 'yesterday'), sees: 'stored', status: 200 },
    ],
  },
  {
    name: 'If-Modified-Since without a Last-Modified is compared with Date',
    steps: [
      { response: fresh },
      { ask: asking('If-Modified-Since', 'Thu, 18 Aug 2050 02:01:18 GMT'), sees: 'stored', status: 304 },
      { ask: asking('If-Modified-Since', 'Thu, 18 Aug 2005 02:01:18 GMT'), sees: 'stored', status: 200 },
    ],
  },
  {
    name: 'If-Modified-Since with an invalid Last-Modified is compared with Date',
    steps: [
      { response: says('Cache-Control', 'max-age=3600', 'Last-Modified', 'yesterday') },
      { ask: asking('If-Modified-Since', 'Thu, 18 Aug 2050 02:01:18 GMT'), sees: 'stored', status: 304 },
    ],
  },
  {
    name: 'a conditional request is evaluated after the revalidation',
    steps: [
      { response: tagged() },
      {
        after: 5,
        ask: asking('If-None-Match', '"v1"'),
        response: notModified('Cache-Control', 'max-age=60'),
        sees: 'validated',
        status: 304,
      },
    ],
  },
  {
    name: 'HEAD is served from a stored GET',
    steps: [{ response: fresh }, { ask: { method: 'HEAD' }, sees: 'stored', body: '' }],
  },
  {
    name: 'HEAD with the same validators refreshes the stored response',
    steps: [
      { response: { ...tagged(), body: '8 letter' } },
      {
        after: 5,
        ask: { method: 'HEAD' },
        response: says('Cache-Control', 'max-age=60', 'ETag', '"v1"', 'Content-Length', '8', 'X-New', '1'),
      },
      { sees: 'stored', has: { 'x-new': '1' } },
    ],
  },
  {
    name: 'HEAD with another entity tag removes the stored response',
    steps: [
      { response: tagged() },
      { after: 5, ask: { method: 'HEAD' }, response: says('Cache-Control', 'max-age=60', 'ETag', '"v2"') },
      { response: dropped, status: 502 },
    ],
  },
];

/** RFC 9110 §14: ranges. */
const ten: Answer = { ...fresh, body: '0123456789' };
const piece = (range: string, body: string, ...more: string[]): Answer => ({
  status: 206,
  headers: ['Cache-Control', 'max-age=3600', 'Content-Range', `bytes ${range}`, 'ETag', '"v1"', ...more],
  body,
});
export const RANGES: readonly Case[] = [
  ...(
    [
      ['bytes=0-4', '01234', 'bytes 0-4/10'],
      ['bytes=5-', '56789', 'bytes 5-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=8-100', '89', 'bytes 8-9/10'],
    ] as const
  ).map(([range, body, contentRange]) => ({
    name: `${range} of a complete stored response`,
    steps: [
      { response: ten },
      {
        ask: asking('Range', range),
        sees: 'stored' as const,
        status: 206,
        body,
        has: { 'content-range': contentRange, 'content-length': String(body.length) },
      },
    ],
  })),
  {
    name: 'a range beyond the end is 416',
    steps: [
      { response: ten },
      { ask: asking('Range', 'bytes=10-'), status: 416, has: { 'content-range': 'bytes */10' } },
    ],
  },
  ...['bytes=0-1,3-4', 'lines=1-2', 'bytes=5-2', 'bytes=a-b'].map(range => ({
    name: `the complete response for ${range}`,
    steps: [
      { response: ten },
      { ask: asking('Range', range), sees: 'stored' as const, status: 200, body: '0123456789' },
    ],
  })),
  {
    name: 'If-Range with the strong entity tag',
    steps: [
      { response: { ...ten, headers: ['Cache-Control', 'max-age=3600', 'ETag', '"v1"'] } },
      { ask: asking('Range', 'bytes=0-1', 'If-Range', '"v1"'), sees: 'stored', status: 206 },
      { ask: asking('Range', 'bytes=0-1', 'If-Range', '"v2"'), sees: 'stored', status: 200 },
    ],
  },
  {
    name: 'If-Range with a weak entity tag',
    steps: [
      { response: { ...ten, headers: ['Cache-Control', 'max-age=3600', 'ETag', 'W/"v1"'] } },
      { ask: asking('Range', 'bytes=0-1', 'If-Range', 'W/"v1"'), sees: 'stored', status: 200 },
    ],
  },
  {
    name: 'a 206 is not served for a complete request',
    steps: [
      {
        ask: asking('Range', 'bytes=0-4'),
        response: {
          status: 206,
          headers: ['Cache-Control', 'max-age=3600', 'Content-Range', 'bytes 0-4/10'],
          body: '01234',
        },
        status: 206,
      },
      { response: ten, status: 200, body: '0123456789' },
    ],
  },
  {
    name: 'a stored part serves a smaller range',
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234'), status: 206 },
      {
        ask: asking('Range', 'bytes=1-2'),
        sees: 'stored',
        status: 206,
        body: '12',
        has: { 'content-range': 'bytes 1-2/10' },
      },
      { ask: asking('Range', 'bytes=3-6'), response: piece('3-6/10', '3456'), sees: 'asked' },
    ],
  },
  {
    name: 'a stored last part serves a suffix range',
    steps: [
      { ask: asking('Range', 'bytes=-5'), response: piece('5-9/10', '56789'), status: 206 },
      { ask: asking('Range', 'bytes=-2'), sees: 'stored', status: 206, body: '89' },
    ],
  },
  {
    name: 'a part with an invalid Content-Range is passed on and not stored',
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('4-0/10', '01234') },
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234'), sees: 'asked' },
    ],
  },
  {
    name: 'a truncated response is completed',
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234') },
      {
        response: piece('5-9/10', '56789'),
        status: 200,
        body: '0123456789',
        backendHas: { range: 'bytes=5-', 'if-range': '"v1"' },
      },
      { sees: 'stored', status: 200, body: '0123456789' },
    ],
  },
  {
    name: 'a stored part serves the same range',
    steps: [
      { ask: asking('Range', 'bytes=2-4'), response: piece('2-4/10', '234'), status: 206 },
      { ask: asking('Range', 'bytes=2-4'), sees: 'stored', status: 206, body: '234' },
    ],
  },
  {
    name: 'adjacent parts are combined',
    steps: [
      { ask: asking('Range', 'bytes=2-4'), response: piece('2-4/10', '234') },
      { ask: asking('Range', 'bytes=5-6'), response: piece('5-6/10', '56'), sees: 'asked' },
      { ask: asking('Range', 'bytes=3-6'), sees: 'stored', status: 206, body: '3456' },
      { ask: asking('Range', 'bytes=0-2'), response: piece('0-2/10', '012'), sees: 'asked' },
      { ask: asking('Range', 'bytes=0-6'), sees: 'stored', status: 206, body: '0123456' },
    ],
  },
  {
    name: 'a part is completed by a request for the rest',
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234') },
      { ask: asking('Range', 'bytes=5-'), response: piece('5-9/10', '56789'), sees: 'asked', status: 206 },
      { sees: 'stored', status: 200, body: '0123456789', has: { 'content-range': null, 'content-length': '10' } },
      { ask: asking('Range', 'bytes=3-6'), sees: 'stored', status: 206, body: '3456' },
    ],
  },
  ...(
    [
      ['another entity tag', '"v2"', '5-9/10'],
      ['a weak tag', 'W/"v1"', '5-9/10'],
      ['another length', '"v1"', '5-9/12'],
      ['a gap between', '"v1"', '6-9/10'],
    ] as const
  ).map(([what, etag, range]) => ({
    name: `parts are not combined with ${what}`,
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234') },
      {
        ask: asking('Range', `bytes=${range.split('/')[0]}`),
        response: {
          status: 206,
          headers: ['Cache-Control', 'max-age=3600', 'Content-Range', `bytes ${range}`, 'ETag', etag],
          body: range.startsWith('6') ? '6789' : '56789',
        },
      },
      { response: { ...fresh, body: 'abcdefghij' }, status: 200, body: 'abcdefghij' },
    ],
  })),
  {
    name: 'a truncated response is dropped after a change',
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234') },
      { response: { ...fresh, body: 'abcdefghij' }, status: 200, body: 'abcdefghij' },
    ],
  },
  {
    name: 'a stale complete response is revalidated before a range of it is served',
    steps: [
      { response: { ...tagged(), body: '0123456789' } },
      {
        after: 5,
        ask: asking('Range', 'bytes=0-1'),
        response: notModified('Cache-Control', 'max-age=60'),
        sees: 'validated',
        status: 206,
        body: '01',
      },
    ],
  },
];

/** RFC 9111 §4.4: invalidation. */
export const INVALIDATION: readonly Case[] = [
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH'].map(method => ({
    name: `${method} invalidates its address`,
    steps: [{ response: fresh }, { ask: { method }, response: {} }, { sees: 'asked' as const }],
  })),
  ...[400, 404, 500, 503].map(status => ({
    name: `a POST with ${status} invalidates nothing`,
    steps: [{ response: fresh }, { ask: { method: 'POST' }, response: { status } }, { sees: 'stored' as const }],
  })),
  ...[201, 204, 303].map(status => ({
    name: `a POST with ${status} invalidates its address`,
    steps: [{ response: fresh }, { ask: { method: 'POST' }, response: { status } }, { sees: 'asked' as const }],
  })),
  ...['Location', 'Content-Location'].flatMap(field =>
    ['PUT', 'DELETE', 'POST', 'M-SEARCH'].map(method => ({
      name: `the ${field} in the response to a ${method} is invalidated too`,
      steps: [
        { ask: { path: `/made/${field}-${method}` }, response: fresh },
        { ask: { method, body: 'a' }, response: { status: 201, headers: [field, `/made/${field}-${method}`] } },
        { ask: { path: `/made/${field}-${method}` }, sees: 'asked' as const },
      ],
    })),
  ),
  {
    name: 'a Location on another host invalidates nothing',
    steps: [
      { ask: { path: '/here/a' }, response: fresh },
      {
        ask: { method: 'POST' },
        response: { status: 201, headers: ['Location', 'http://elsewhere.test/here/a'] },
      },
      { ask: { path: '/here/a' }, sees: 'stored' },
    ],
  },
  {
    name: 'a failed write does not invalidate its Location',
    steps: [
      { ask: { path: '/there/a' }, response: fresh },
      { ask: { method: 'POST' }, response: { status: 500, headers: ['Location', '/there/a'] } },
      { ask: { path: '/there/a' }, sees: 'stored' },
    ],
  },
  ...['OPTIONS', 'QUERY', 'SEARCH', 'REPORT', 'PROPFIND'].map(method => ({
    name: `${method} invalidates neither its address nor its Location`,
    steps: [
      { response: fresh },
      { ask: { path: `/read/${method}` }, response: fresh },
      { ask: { method }, response: { headers: ['Location', `/read/${method}`, 'Cache-Group-Invalidation', '"all"'] } },
      { sees: 'stored' as const },
      { ask: { path: `/read/${method}` }, sees: 'stored' as const },
    ],
  })),
  {
    name: 'another address is not invalidated',
    steps: [{ response: fresh }, { ask: { method: 'POST', path: '/elsewhere' }, response: {} }, { sees: 'stored' }],
  },
];

/** Mistakes of other caches that no single test above covers. */
const lastModified = (): Answer => ({ headers: now => ['Cache-Control', 'max-age=1', 'Last-Modified', now(-1000)] });
export const MIXED: readonly Case[] = [
  {
    name: 'a 102 and a 103 are passed on and not stored',
    steps: [
      { response: { ...fresh, processing: true, hints: { link: '</a.css>; rel=preload' } }, interim: [102, 103] },
      { sees: 'stored', interim: [] },
    ],
  },
  {
    name: 'a partly stored range for a client that already has it',
    steps: [
      { ask: asking('Range', 'bytes=0-4'), response: piece('0-4/10', '01234'), status: 206 },
      { ask: asking('Range', 'bytes=0-1', 'If-None-Match', '"v1"'), sees: 'stored', status: 304, body: '' },
    ],
  },
  {
    name: 'an unstorable response replaces a stale one',
    steps: [
      { response: says('Cache-Control', 'max-age=1', 'ETag', '"v1"') },
      { after: 5, response: says('Cache-Control', 'no-store'), status: 200 },
      { sees: 'asked' },
    ],
  },
  {
    name: 'a 304 for If-Modified-Since updates fields',
    steps: [
      { response: lastModified() },
      {
        after: 5,
        response: { status: 304, headers: ['Cache-Control', 'max-age=60', 'X-A', '2'] },
        has: { 'x-a': '2' },
      },
      { sees: 'stored', has: { 'x-a': '2' } },
    ],
  },
  {
    name: 'a 304 renews the Date and the age',
    steps: [
      { response: tagged('Age', '0') },
      { after: 30, response: notModified('Cache-Control', 'max-age=60'), sees: 'validated', status: 200 },
      { after: 3, sees: 'stored', has: { age: '3' } },
    ],
  },
  {
    name: 'the response to a request with a cookie',
    steps: [
      { ask: asking('Cookie', 'a=1'), response: fresh },
      { ask: asking('Cookie', 'a=1'), sees: 'stored' },
    ],
  },
  {
    name: 'the transfer time of a response counts as age',
    steps: [
      { response: says('Cache-Control', 'max-age=60', 'Age', '20') },
      { after: 5, sees: 'stored', has: { age: '25' } },
    ],
  },
  {
    name: 'an empty and a full list are different variants',
    steps: [
      { ask: asking('Foo', '1'), response: varied(', Foo,') },
      { ask: asking('Foo', '2'), sees: 'asked' },
      { ask: asking('Foo', '1'), sees: 'stored' },
    ],
  },
  {
    name: 'a range for a client that already has it',
    steps: [
      { response: { ...fresh, headers: ['Cache-Control', 'max-age=3600', 'ETag', '"v1"'], body: '0123456789' } },
      { ask: asking('Range', 'bytes=0-1', 'If-None-Match', '"v1"'), sees: 'stored', status: 304 },
    ],
  },
  {
    name: 'a request with credentials after a shareable response',
    steps: [{ response: fresh }, { ask: asking('Authorization', 'Basic YTpi'), sees: 'asked' }, { sees: 'stored' }],
  },
];

/** RFC 9111 §5.2.1: request directives, which only the rfc9111 profile obeys. */
export const CLIENTS: readonly Case[] = [
  {
    name: 'max-age=0',
    steps: [
      { response: fresh },
      { after: 5, ask: asking('Cache-Control', 'max-age=0'), sees: both('asked', 'stored') },
    ],
  },
  {
    name: "max-age of the answer's age",
    steps: [
      { response: fresh },
      { after: 5, ask: asking('Cache-Control', 'max-age=3'), response: fresh, sees: both('asked', 'stored') },
      { ask: asking('Cache-Control', 'max-age=60'), sees: 'stored' },
    ],
  },
  {
    name: 'no-cache',
    steps: [
      { response: says('Cache-Control', 'max-age=3600', 'ETag', '"a"') },
      {
        ask: asking('Cache-Control', 'no-cache'),
        response: { status: 304, headers: ['ETag', '"a"'] },
        status: 200,
        sees: both('validated', 'stored'),
      },
    ],
  },
  {
    name: 'Pragma: no-cache',
    steps: [{ response: fresh }, { ask: asking('Pragma', 'no-cache'), sees: both('asked', 'stored') }],
  },
  {
    name: 'Pragma beside Cache-Control is ignored',
    steps: [{ response: fresh }, { ask: asking('Pragma', 'no-cache', 'Cache-Control', 'max-age=60'), sees: 'stored' }],
  },
  {
    name: 'no-store',
    steps: [{ ask: asking('Cache-Control', 'no-store'), response: fresh }, { sees: both('asked', 'stored') }],
  },
  {
    name: 'min-fresh',
    steps: [
      { response: says('Cache-Control', 'max-age=10') },
      { ask: asking('Cache-Control', 'min-fresh=60'), sees: both('asked', 'stored') },
    ],
  },
  {
    name: 'max-stale',
    steps: [
      { response: says('Cache-Control', 'max-age=10') },
      { after: 20, ask: asking('Cache-Control', 'max-stale=60'), sees: both('stored', 'asked') },
    ],
  },
  {
    name: 'max-stale against must-revalidate',
    steps: [
      { response: says('Cache-Control', 'max-age=10, must-revalidate') },
      { after: 20, ask: asking('Cache-Control', 'max-stale=60'), sees: 'asked' },
    ],
  },
  {
    name: 'only-if-cached without a stored response',
    steps: [
      { ask: asking('Cache-Control', 'only-if-cached'), response: fresh, sees: both('asked', 'asked') as never },
    ].map(step => ({ ...step, sees: { rfc9111: 'refused', default: 'asked' } as const })),
  },
  {
    name: 'only-if-cached with a stored response',
    steps: [{ response: fresh }, { ask: asking('Cache-Control', 'only-if-cached'), sees: 'stored' }],
  },
];
