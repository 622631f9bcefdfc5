import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redaction } from '../../src/recordings/redaction.ts';

const redaction = new Redaction(['customerNumber']);

/** No other text contains it. */
const SECRET = 'zQ7vX2kP9mW4';
const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.${SECRET}`;

const body = (text: string, type: string) => redaction.body(Buffer.from(text), type).toString();

const secretName = fc.constantFrom(
  'token',
  'accessToken',
  'refresh_token',
  'X-Auth-Token',
  'client-secret',
  'password',
  'Authorization',
  'api_key',
  'x-api-key',
  'sessionId',
  'SESSION',
  'cookie',
  'csrfToken',
  'sid',
  'auth',
  'customerNumber',
  'customer-number',
);

const plainName = fc.constantFrom(
  'id',
  'name',
  'price',
  'items',
  'inside',
  'author',
  'pinned',
  'passenger',
  '__proto__',
);

/** JSON with the secret somewhere below a name that says so. */
const jsonWithSecret = fc.letrec(tie => ({
  around: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(secretName, tie('secret')).map(([name, value]) => Object.fromEntries([[name, value]])),
    fc.tuple(plainName, tie('around')).map(([name, value]) => Object.fromEntries([[name, value]])),
    tie('around').map(value => [1, 'before', value]),
    tie('around').map(value => ({ embedded: JSON.stringify(value) })),
  ),
  secret: fc.oneof(
    { depthSize: 'small' },
    fc.constant(SECRET),
    fc.constant([SECRET, 'x']),
    tie('secret').map(value => ({ value, nothing: null })),
  ),
})).around;

/** The shortest of three times, so that a pause of the process does not count. */
function redactionMs(part: string, length: number): number {
  const text = part.repeat(Math.ceil(length / part.length));
  const times = Array.from({ length: 3 }, () => {
    const began = performance.now();
    redaction.text(text);
    redaction.query(`?${text}`);
    redaction.path(text);
    redaction.event(text);
    redaction.body(Buffer.from(text), 'application/xml');
    redaction.body(Buffer.from(text), 'application/x-www-form-urlencoded');
    redaction.body(Buffer.from(text), 'multipart/form-data; boundary=b');
    return performance.now() - began;
  });
  return Math.min(...times);
}

describe('redaction', () => {
  it('leaves no secret of a JSON body, however deep', () => {
    fc.assert(
      fc.property(jsonWithSecret, fc.constantFrom(0, 2), (value, indent) => {
        expect(body(JSON.stringify(value, undefined, indent), 'application/json')).not.toContain(SECRET);
      }),
    );
  });

  it('leaves no secret of a JSON that is a message, a line or an event of a stream', () => {
    fc.assert(
      fc.property(jsonWithSecret, value => {
        const text = JSON.stringify(value);
        expect(redaction.text(text)).not.toContain(SECRET);
        expect(redaction.lines(`{"a":1}\n${text}\n`)).not.toContain(SECRET);
        expect(redaction.event(`id: 7\ndata: ${text}\n\n`)).not.toContain(SECRET);
        expect(redaction.event(`data:${text}\r\n\r\n`)).not.toContain(SECRET);
      }),
    );
  });

  it('leaves no value of a secret in a query, a form or a field', () => {
    fc.assert(
      fc.property(secretName, plainName, (secret, plain) => {
        const pairs = `${plain}=1&${encodeURIComponent(secret)}=${SECRET}`;
        expect(redaction.query(`?${pairs}`)).toBe(`?${plain}=1&${encodeURIComponent(secret)}=redacted`);
        expect(body(pairs, 'application/x-www-form-urlencoded')).not.toContain(SECRET);
        const form = `--b\r\nContent-Disposition: form-data; name="${secret}"\r\n\r\n${SECRET}\r\n--b--\r\n`;
        expect(body(form, 'multipart/form-data; boundary=b')).not.toContain(SECRET);
        expect(redaction.header(secret, SECRET)).toBe('redacted');
        expect(redaction.header('Location', `https://shop.example/in?${pairs}`)).not.toContain(SECRET);
        expect(redaction.header('Location', `/in#${encodeURIComponent(secret)}=${SECRET}`)).not.toContain(SECRET);
        expect(body(JSON.stringify([{ name: secret, value: [SECRET] }]), 'application/json')).not.toContain(SECRET);
        expect(redaction.text(`failed with ${secret}=${SECRET}`)).not.toContain(SECRET);
        expect(redaction.text(`${secret}: ${SECRET}`)).not.toContain(SECRET);
        expect(body(`<a><${secret}>${SECRET}</${secret}></a>`, 'application/xml')).not.toContain(SECRET);
        expect(body(`<input type="hidden" name="${secret}" value='${SECRET}'>`, 'text/html')).not.toContain(SECRET);
        expect(body(`start({ ${plain}: 1, "${secret}": "${SECRET}" })`, 'text/javascript')).not.toContain(SECRET);
      }),
    );
  });

  it.each([
    ['a JSON Web Token', JWT],
    ['a bearer token', `Bearer ${SECRET}`],
    ['credentials of a user', `Basic ${SECRET}`],
    ['a password of an address', `https://user:${SECRET}@host.example/`],
    ['a private key', `-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: x\n${SECRET}\n-----END RSA PRIVATE KEY-----`],
    ['a key with a known beginning', `sk_live_${SECRET}`],
  ])('finds %s wherever it stands', (_what, secret) => {
    const encoded = encodeURIComponent(secret);
    const places = [
      redaction.path(`/reset/${encoded}/done`),
      redaction.query(`?next=${encoded}`),
      redaction.query(`?${encoded}=1&${encoded}`),
      redaction.header('Link', `<${secret}>`),
      redaction.text(`before ${secret} after`),
      body(JSON.stringify({ note: `before ${secret} after`, [secret]: 1 }), 'application/json'),
      body(`<p>${secret}</p>`, 'text/html'),
      body(`note=${encoded}`, 'application/x-www-form-urlencoded'),
      redaction.event(`data: ${secret}\n\n`),
    ];
    for (const place of places) expect(place).not.toContain(SECRET);
  });

  it('leaves no text below an element of a secret, and keeps the others', () => {
    const xml = `<a x="1"><session><id a="b">${SECRET}</id> <x/></session><id>7</id><auth m="PLAIN">${SECRET}</auth></a>`;
    const clean =
      '<a x="1"><session><id a="b">redacted</id> <x/></session><id>7</id><auth m="PLAIN">redacted</auth></a>';
    expect(body(xml, 'application/soap+xml')).toBe(clean);
    expect(redaction.text(xml)).toBe(clean);
    expect(body('<cookie-banner>Hello</cookie-banner>', 'text/html')).toBe('<cookie-banner>Hello</cookie-banner>');
  });

  it.each([
    ['a byte order mark', `\uFEFF{"session":{"id":"${SECRET}"}}`, 'application/json'],
    ['a prefix against scripts', `)]}',\n{"session":{"id":"${SECRET}"}}`, 'application/json'],
    ['a call', `/**/cb({"session":{"id":"${SECRET}"}});`, 'application/javascript'],
    ['lines', `{"session":{"id":"${SECRET}"}}\n{"session":{"id":"${SECRET}"}}`, 'application/jsonlines'],
    ['lines of a stream', `{"session":{"id":"${SECRET}"}}\n{"session":{"id":"${SECRET}"}}`, 'application/stream+json'],
    ['a packet of socket.io', `42/chat,1["in",{"session":{"id":"${SECRET}"}}]`, 'text/plain'],
  ])('finds a secret of JSON with %s around it, and keeps that', (_, text, type) => {
    const clean = text.replaceAll(SECRET, 'redacted');
    expect(body(text, type)).toBe(clean);
    expect(redaction.lines(text)).not.toContain(SECRET);
  });

  it('finds a secret of JSON that ends early', () => {
    const text = `{\n  "password":\n    "${SECRET}",\n  "a": [`;
    expect(body(text, 'application/json')).toBe(text.replace(SECRET, 'redacted'));
  });

  it('finds a secret of JSON in a field, and in Latin-1', () => {
    expect(redaction.header('X-Debug', `{"session":{"id":"${SECRET}"}}`)).toBe('{"session":{"id":"redacted"}}');
    const bytes = Buffer.from(`{"n":"\xe9","password":"${SECRET}"}`, 'latin1');
    const clean = redaction.body(bytes, 'application/vnd.api+json');
    expect(clean.toString('latin1')).toBe('{"n":"\xe9","password":"redacted"}');
  });

  it('finds a secret of an event in several lines of data', () => {
    const event = `id: 7\ndata: {\ndata:   "session":\ndata:     { "id": "${SECRET}" }\ndata: }\n\n`;
    expect(redaction.event(event)).toBe('id: 7\ndata: {"session":{"id":"redacted"}}\n\n');
    expect(redaction.event(`data: password:\r\ndata: token=${SECRET}\r\nid: 7\r\n\r\n`)).toBe(
      'data: password:\r\ndata: token=redacted\r\nid: 7\r\n\r\n',
    );
    expect(redaction.event(`data\ndata: token=${SECRET}\n\n`)).toBe('data:\ndata:token=redacted\n\n');
    const plain = 'event: add\r\ndata\r\ndata:a\r\ndata: b\r\n: note\r\n\r\n';
    expect(redaction.event(plain)).toBe(plain);
  });

  it.each([
    ['that begins with a line end', '\r\n--b\r\n', '"password"', '\r\n'],
    ['with a preamble', 'a preamble\r\n--b\r\n', '"password"', '\r\n'],
    ['with line feeds only', '--b\n', '"password"', '\n'],
    ['with a name without quotes', '--b\r\n', 'password', '\r\n'],
  ])('finds a secret of a form %s', (_, start, name, end) => {
    const form = `${start}Content-Disposition: form-data; name=${name}${end}${end}${SECRET}${end}--b--${end}`;
    expect(body(form, 'multipart/form-data; boundary=b')).toBe(form.replace(SECRET, 'redacted'));
    expect(body(form, 'multipart/form-data; boundary="b"; charset=utf-8')).not.toContain(SECRET);
  });

  it('finds a secret of an element in CDATA and behind an element of the same name', () => {
    expect(body(`<a><Password><![CDATA[<${SECRET}>]]></Password></a>`, 'text/xml')).toBe(
      '<a><Password><![CDATA[redacted]]></Password></a>',
    );
    expect(body(`<token><token>x</token>${SECRET}</token><id>7</id>`, 'text/xml')).toBe(
      '<token><token>redacted</token>redacted</token><id>7</id>',
    );
    expect(body('<token><id>7</id>', 'text/xml')).toBe('<token><id>7</id>');
  });

  it.each([
    [`login failed: password=${SECRET}`, 'login failed: password=redacted'],
    [`Server=db;User=x;Password=${SECRET};`, 'Server=db;User=x;Password=redacted;'],
    [`Authorization: Token ${SECRET}`, 'Authorization: redacted'],
    [`Authorization: Digest username="ada", response="${SECRET}"`, 'Authorization: redacted'],
    [`curl -H 'Authorization: Token ${SECRET}' x`, "curl -H 'Authorization: redacted' x"],
    [`/in?next=/out?token=${SECRET}`, '/in?next=/out?token=redacted'],
  ])('finds the secret of %j, in a text and in a string of JSON', (text, clean) => {
    expect(redaction.text(text)).toBe(clean);
    expect(body(JSON.stringify({ error: text }), 'application/json')).toBe(JSON.stringify({ error: clean }));
  });

  it.each([
    [`a=1;password=${SECRET}`, 'a=1;password=redacted'],
    [`password=${SECRET};${SECRET}&a=b;c`, 'password=redacted&a=b;c'],
    [`pass%77ord%zz=${SECRET}`, 'pass%77ord%zz=redacted'],
  ])('finds the secret of %j in a query and a form', (pairs, clean) => {
    expect(redaction.query(`?${pairs}`)).toBe(`?${clean}`);
    expect(body(pairs, 'application/x-www-form-urlencoded')).toBe(clean);
  });

  it('finds a short name that is a word of another one, and not one inside a word', () => {
    const secret =
      'userPwd userpwd db_pass cardCvv smsOtp userPin PINCode X-Auth auth_code authKey passcode passkey ' +
      'encryptionKey signing_key accountKey connectionString recovery_codes mfaCode security_code SAMLResponse';
    const plain = 'author pinned shippingAddress passenger compass side signal countryCode errorCode keyboard';
    const value = (names: string, text: string) =>
      JSON.stringify(Object.fromEntries(names.split(' ').map(name => [name, text])));
    expect(body(value(secret, SECRET), 'application/json')).toBe(value(secret, 'redacted'));
    expect(body(value(plain, SECRET), 'application/json')).toBe(value(plain, SECRET));
  });

  it('finds codes and keys in addresses, and keeps them elsewhere', () => {
    const long = `${SECRET}${SECRET}`;
    for (const name of ['code', 'key', 'ticket']) {
      expect(redaction.query(`?${name}=${long}&a=1`)).toBe(`?${name}=redacted&a=1`);
      expect(redaction.header('Location', `/in?${name}=${long}`)).toBe(`/in?${name}=redacted`);
      expect(redaction.query(`?${name}=DE`)).toBe(`?${name}=DE`);
      expect(body(JSON.stringify({ [name]: long }), 'application/json')).toBe(JSON.stringify({ [name]: long }));
      expect(body(`${name}=${long}`, 'application/x-www-form-urlencoded')).toBe(`${name}=${long}`);
    }
    expect(redaction.path(`/invite/${long}`)).toBe('/invite/redacted');
    expect(redaction.path(`/magic-link/${long}/in`)).toBe('/magic-link/redacted/in');
    expect(redaction.path('/invite/somebody-with-a-long-name')).toBe('/invite/somebody-with-a-long-name');
  });

  it('finds a token of a path by the segment before it, and keeps an id', () => {
    expect(redaction.path(`/reset-password/${SECRET}${SECRET}/done`)).toBe('/reset-password/redacted/done');
    for (const end of [':x', '=', '!', '@x', ';v=1'])
      expect(redaction.path(`/token/${SECRET}${SECRET}${end}`)).not.toContain(SECRET);
    expect(redaction.path('/tokens/7/uses')).toBe('/tokens/7/uses');
    expect(redaction.path('/products/a-product-with-a-long-name')).toBe('/products/a-product-with-a-long-name');
  });

  it('leaves what has such a name and is no secret', () => {
    expect(redaction.header('Access-Control-Allow-Credentials', 'true')).toBe('true');
    expect(redaction.header('Vary', 'Cookie, Authorization')).toBe('Cookie, Authorization');
    expect(redaction.header('WWW-Authenticate', 'Bearer realm="shop"')).toBe('Bearer realm="shop"');
    expect(redaction.text('Basic information about cookies')).toBe('Basic information about cookies');
  });

  it.each([
    'a',
    'a=',
    '"',
    'a="',
    "a='",
    '\\\\"',
    '<a ',
    '<token>',
    '-----BEGIN PRIVATE KEY-----',
    '<input ',
    'token: ',
    'token="',
    '?',
    '&a',
    'eyJ',
    '.',
    ' ',
    '://a:',
    '{"a":',
    'a;',
    '[',
    'a(',
    '?key=',
    '?code=1',
    'authorization: ',
    'authorization',
    '<![CDATA[',
    '</token>',
    '<token></a>',
    'data: a\n',
    'data\r',
    '%zz',
    'aB',
    'name=',
    '--b\r\n',
    // Another program may have the CPU meanwhile.
  ])('takes linear time for a text of %j', { retry: 3 }, part => {
    // Eight times the text takes eight times as long; in quadratic time it would be 64 times.
    expect(redactionMs(part, 200_000) / redactionMs(part, 25_000)).toBeLessThan(32);
  });

  it('keeps the name and the attributes of a cookie', () => {
    expect(redaction.header('Set-Cookie', `sid=${SECRET}; Path=/; HttpOnly`)).toBe('sid=redacted; Path=/; HttpOnly');
    expect(redaction.header('set-cookie', SECRET)).toBe('redacted');
    expect(redaction.header('set-cookie', `a=${SECRET}=; Path=/`)).toBe('a=redacted; Path=/');
    expect(redaction.header('set-cookie', 'gone=; Max-Age=0')).toBe('gone=; Max-Age=0');
  });

  it('keeps numbers numbers and answers answers', () => {
    expect(body('{"pin":1234,"passwordRequired":true,"session":null}', 'application/json')).toBe(
      '{"pin":0,"passwordRequired":true,"session":null}',
    );
  });

  it('changes no byte of a body without a secret', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 2, 4), (text, indent) => {
        const value: unknown = JSON.parse(text);
        const bytes = Buffer.from(JSON.stringify({ id: 7, value }, undefined, indent));
        fc.pre(
          !/[=:]|tok|sec|pas|auth|key|ses|coo|cre|jwt|sig|pin|otp|sid|cv|pw|bea|srf|saml|code|conn/i.test(
            // Names are read without what stands between their letters.
            JSON.stringify(value)
              .replaceAll('":', '')
              .replaceAll(/[^a-z=:]/gi, ''),
          ),
        );
        expect(redaction.body(bytes, 'application/json')).toBe(bytes);
      }),
    );
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe]);
    expect(redaction.body(picture, 'image/png')).toBe(picture);
  });

  it('keeps every digit of a long integer beside a secret', () => {
    expect(body('{"id":12345678901234567890,"token":"x"}', 'application/json')).toBe(
      '{"id":12345678901234567890,"token":"redacted"}',
    );
  });

  it('changes nothing a second time', () => {
    fc.assert(
      fc.property(jsonWithSecret, value => {
        const once = body(JSON.stringify(value), 'application/json');
        expect(body(once, 'application/json')).toBe(once);
        expect(redaction.text(redaction.text(JSON.stringify(value)))).toBe(redaction.text(JSON.stringify(value)));
      }),
    );
  });
});
