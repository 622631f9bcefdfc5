import { describe, expect, it } from 'vitest';
import { exchangeRaw, get, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { scriptedBackend } from '../support/scripted-backend.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { own, gateway } = testResources();

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const length = (value: string, body = 'hello'): string => `${OK}Content-Length: ${value}\r\n\r\n${body}`;
const encoding = (value: string): string => `${OK}Transfer-Encoding: ${value}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
const field = (line: string): string => `${OK}${line}\r\nContent-Length: 5\r\n\r\nhello`;

/** Malformed responses. Each is sent in full, then the connection ends. */
const MALFORMED: readonly (readonly [kind: string, bytes: string])[] = [
  ['nothing at all', ''],
  ['a line end alone', '\r\n\r\n'],
  ['text', 'hello world\r\n\r\n'],
  ['half a status line', 'HTTP/1.'],
  ['a status line alone', OK],
  ['a head without its end', `${OK}Content-Length: 5\r\n`],
  ['HTTP/0.9', '<html>hello</html>'],
  ['a version that does not exist', 'HTTP/9.9 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['a protocol in lower case', 'http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['a status of letters', 'HTTP/1.1 abc OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['a negative status', 'HTTP/1.1 -200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['no status', 'HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello'],
  ['a status of zero', 'HTTP/1.1 000 OK\r\nContent-Length: 5\r\n\r\nhello'],
  [
    'an unrequested protocol switch',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello',
  ],
  ['an informational response and no other', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
  ['a space before the version', ' HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['a length that is no number', length('nonsense')],
  ['a negative length', length('-5')],
  ['a length with a sign', length('+5')],
  ['a hexadecimal length', length('0x5')],
  ['a length with a fraction', length('5.0')],
  ['a length with a space in it', length('5 5')],
  ['an empty length', length('')],
  ['a length beyond every integer', length('99999999999999999999999')],
  ['two lengths in one line', length('5, 6')],
  ['two lengths in two lines', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
  ['a length beyond the body', length('50')],
  ['a length and chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
  ['chunks and a length', `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
  ['an unknown transfer coding', encoding('xchunked')],
  ['gzip, then chunks', encoding('gzip, chunked')],
  ['chunks, then gzip', encoding('chunked, gzip')],
  ['chunks twice', encoding('chunked, chunked')],
  ['identity', encoding('identity')],
  [
    'chunks in two lines',
    `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  ],
  ['a chunk size of letters', `${CHUNKED}xyz\r\nhello\r\n0\r\n\r\n`],
  ['a negative chunk size', `${CHUNKED}-5\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size with 0x', `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
  ['an empty chunk size', `${CHUNKED}\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size beyond every integer', `${CHUNKED}ffffffffffffffffff\r\nhello\r\n0\r\n\r\n`],
  ['a chunk that is longer than its size', `${CHUNKED}3\r\nhello\r\n0\r\n\r\n`],
  ['a chunk that is shorter than its size', `${CHUNKED}9\r\nhello\r\n0\r\n\r\n`],
  ['a chunk without its line end', `${CHUNKED}5\r\nhello0\r\n\r\n`],
  ['chunks with bare line feeds', `${CHUNKED}5\nhello\n0\n\n`],
  ['chunks without the last one', `${CHUNKED}5\r\nhello\r\n`],
  ['a last chunk without its end', `${CHUNKED}5\r\nhello\r\n0\r\n`],
  ['a space before a chunk size', `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`],
  ['a field without a colon', field('X-Broken')],
  ['a field without a name', field(': value')],
  ['a space before the colon', field('X-Broken : value')],
  ['a space in a name', field('X Broken: value')],
  ['a NUL in a value', field('X-Broken: a\0b')],
  ['a bare carriage return in a value', field('X-Broken: a\rb')],
  ['a folded first line', `${OK} X-Folded: 1\r\nContent-Length: 5\r\n\r\nhello`],
  ['a NUL in a name', field('X-Bro\0ken: 1')],
  ['a control byte in a name', field('X-Bro\x01ken: 1')],
  ['a head of 100 kB', field(`X-Long: ${'x'.repeat(100_000)}`)],
  ['ten thousand fields', field(Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1`).join('\r\n'))],
];

describe.each(TRANSPORTS)('a malformed response, over %s', transport => {
  it('is tested in more than fifty kinds', () => {
    expect(MALFORMED.length).toBeGreaterThan(50);
  });

  it.each(MALFORMED)('%s is 502 or truncated, and the next request succeeds', async (_kind, bytes) => {
    const { port: backendPort } = await own(
      await scriptedBackend(socket => {
        socket.on('data', data => {
          if (String(data).startsWith('GET /bad')) socket.end(bytes, 'latin1');
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
        });
      }),
    );
    const { port } = await gateway(everythingTo(`http://127.0.0.1:${backendPort}`, transport, `, timeout: '2s'`));
    expect(parsed(await exchangeRaw(port, get('/good'))).body).toBe('good');
    const response = await exchangeRaw(port, get('/bad')).catch(() => '');
    expect(wholeBody(response)).toBeUndefined();
    expect(parsed(await exchangeRaw(port, get('/good')))).toMatchObject({ status: 200, body: 'good' });
  });

  it.each([
    ['another version', 'HTTP/2.0 200 OK'],
    ['another protocol of the same form', 'RTSP/1.0 200 OK'],
    ['a NUL in the reason', 'HTTP/1.1 200 O\0K'],
  ])('%s is corrected and not passed on as received', async (_kind, line) => {
    const { port: backendPort } = await own(
      await scriptedBackend(socket => {
        socket.once('data', () => socket.end(`${line}\r\nContent-Length: 5\r\n\r\nhello`, 'latin1'));
      }),
    );
    const { port } = await gateway(everythingTo(`http://127.0.0.1:${backendPort}`, transport));
    const text = await exchangeRaw(port, get('/'));
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(parsed(text).body).toBe('hello');
  });

  it('with surplus bytes or a second response does not affect the next request', async () => {
    for (const extra of ['EXTRA', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil']) {
      const { port: backendPort } = await own(
        await scriptedBackend(socket => {
          socket.on('data', data => {
            const good = String(data).startsWith('GET /good');
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${good ? 'good' : `body${extra}`}`);
          });
        }),
      );
      const { port } = await gateway(everythingTo(`http://127.0.0.1:${backendPort}`, transport));
      for (let i = 0; i < 10; i++) {
        const first = parsed(await exchangeRaw(port, get('/first')).catch(() => ''));
        expect(['body', '']).toContain(first.body.includes('upstream.') ? '' : first.body);
        expect(parsed(await exchangeRaw(port, get('/good'))).body).toBe('good');
      }
    }
  });
});

/** The body of a response that looks complete and is no error of the gateway; undefined otherwise. */
function wholeBody(text: string): string | undefined {
  const { status, head, body } = parsed(text.replace(/^(?:HTTP\/1\.1 103 [\s\S]*?\r\n\r\n)+/, ''));
  if (text === '' || status === 502 || status === 504) return undefined;
  if (/^transfer-encoding: chunked/im.test(head)) return body.endsWith('0\r\n\r\n') ? body : undefined;
  const announced = /^content-length: (\d+)/im.exec(head)?.[1];
  return announced === undefined || body.length >= Number(announced) ? body : undefined;
}
