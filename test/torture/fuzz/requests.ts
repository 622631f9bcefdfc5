import { Chance } from '../../support/chance.ts';

/** A value that no backend may see in a field that only the gateway writes. */
export const MARKER = 'FORGED';

/** The bytes of one connection. */
export interface FuzzCase {
  readonly id: string;
  /** As latin1 text. */
  readonly bytes: string;
  /** Where the bytes are split into two segments; undefined sends them in one. */
  readonly cut: number | undefined;
}

/** A request under construction: lines without line ends. */
interface Draft {
  line: string;
  fields: string[];
  body: string;
  lineEnd: string;
}

type Mutation = (draft: Draft, dice: Chance) => void;

/** The case with that number, always the same for one seed. */
export function fuzzCase(seed: number, index: number): FuzzCase {
  const dice = new Chance(Math.imul(seed, 2_654_435_761) ^ Math.imul(index + 1, 40_503));
  const id = `${seed.toString(36)}-${index}`;
  const count = dice.pick(1, 1, 1, 2, 3);
  const requests = Array.from({ length: count }, (_, i) => written(mutated(plain(id, i, dice), dice)));
  // The last request is valid and closes: its response proves that all message boundaries before it were found.
  const last = `GET /${id}/end HTTP/1.1\r\nHost: fuzz.test\r\nX-Case: ${id}\r\nConnection: close\r\n\r\n`;
  const bytes = scratched(requests.join(''), dice) + last;
  return { id, bytes, cut: dice.happens(0.2) ? 1 + dice.upTo(bytes.length - 1) : undefined };
}

function plain(id: string, index: number, dice: Chance): Draft {
  const method = dice.pick('GET', 'GET', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS');
  const draft: Draft = {
    line: `${method} /${id}/${index}?q=1 HTTP/1.1`,
    fields: ['Host: fuzz.test', `X-Case: ${id}`, 'Accept: */*'],
    body: '',
    lineEnd: '\r\n',
  };
  if (method === 'GET' || method === 'HEAD') return draft;
  const text = 'b'.repeat(dice.upTo(40));
  if (dice.happens(0.5)) {
    draft.fields.push(`Content-Length: ${text.length}`);
    draft.body = text;
  } else {
    draft.fields.push('Transfer-Encoding: chunked');
    draft.body = `${chunk(text)}${chunk('second')}0\r\n\r\n`;
  }
  return draft;
}

function chunk(text: string): string {
  return text === '' ? '' : `${text.length.toString(16)}\r\n${text}\r\n`;
}

function mutated(draft: Draft, dice: Chance): Draft {
  const count = dice.pick(0, 1, 1, 1, 2, 2, 3);
  for (let i = 0; i < count; i++) dice.pick(...MUTATIONS)(draft, dice);
  return draft;
}

function written({ line, fields, body, lineEnd }: Draft): string {
  return [line, ...fields, '', ''].join(lineEnd) + body;
}

/** Sometimes a byte is lost, doubled or changed. */
function scratched(bytes: string, dice: Chance): string {
  if (!dice.happens(0.15)) return bytes;
  const at = dice.upTo(bytes.length);
  const byte = dice.pick(
    ...['', '', '\0', '\r', '\n', '\t', ' ', ':', ',', ';', '\x0b', '\x7f', '\x80', '\xff', bytes[at] ?? ''],
  );
  return bytes.slice(0, at) + byte + bytes.slice(at + (dice.happens(0.5) ? 1 : 0));
}

const among =
  (...lines: readonly [string, ...string[]]): Mutation =>
  (draft, dice) =>
    void draft.fields.splice(1 + dice.upTo(draft.fields.length), 0, dice.pick(...lines));

const replacing =
  (name: string, ...lines: readonly [string, ...string[]]): Mutation =>
  (draft, dice) => {
    draft.fields = draft.fields.filter(field => !field.startsWith(`${name}:`));
    draft.fields.push(...dice.pick(...lines).split('\r\n'));
  };

const requestLine: Mutation = (draft, dice) => {
  const [method = 'GET', target = '/', version = ''] = draft.line.split(' ');
  draft.line = dice.pick(
    ...[
      `${method}  ${target} ${version}`,
      `${method}\t${target} ${version}`,
      `${method} ${target}  ${version}`,
      `${method} ${target} ${version} `,
      ` ${method} ${target} ${version}`,
      `\r\n${method} ${target} ${version}`,
      `\n${method} ${target} ${version}`,
      `${method.toLowerCase()} ${target} ${version}`,
      `${method}X ${target} ${version}`,
      `${method} ${target}`,
      `${method} ${target} HTTP/1.0`,
      `${method} ${target} HTTP/1.2`,
      `${method} ${target} HTTP/2.0`,
      `${method} ${target} HTTP/0.9`,
      `${method} ${target} HTTP/1.1.1`,
      `${method} ${target} http/1.1`,
      `${method} ${target} HTTP/1.1\x0b`,
      `TRACE ${target} ${version}`,
      `CONNECT fuzz.test:443 ${version}`,
      `PRI * HTTP/2.0`,
    ],
  );
};

const target: Mutation = (draft, dice) => {
  const [method = 'GET', path = '/', version = ''] = draft.line.split(' ');
  const [before = '', query = ''] = path.split('?');
  const odd = dice.pick(
    ...[
      `http://fuzz.test${path}`,
      `HTTP://FUZZ.TEST${path}`,
      `http://other.test${path}`,
      `http://fuzz.test@other.test${path}`,
      `https://fuzz.test${path}`,
      `fuzz.test${path}`,
      '*',
      `/${path}`,
      `${before}/../x?${query}`,
      `${before}/%2e%2e/x?${query}`,
      `${before}/..;/x`,
      `${before}%2fx`,
      `${before}%5cx`,
      `${before}\\x`,
      `${before}#x`,
      `${before}%00`,
      `${before}%zz`,
      `${before}\xe9`,
      `${before}\0`,
      `${before}\tx`,
      `${before}%0d%0aX-User-Id:%20${MARKER}`,
      `${before}?q=%0d%0a${MARKER}`,
      `${before}?a?b&c=/../d`,
      '',
    ],
  );
  draft.line = `${method} ${odd} ${version}`;
};

const lineEnds: Mutation = (draft, dice) => {
  draft.lineEnd = dice.pick('\n', '\r', '\r\r\n', '\n\r', '\r\n ', ' \r\n');
};

const chunks: Mutation = (draft, dice) => {
  draft.fields = draft.fields.filter(field => !/^(content-length|transfer-encoding):/i.test(field));
  draft.fields.push('Transfer-Encoding: chunked');
  draft.line = draft.line.replace(/^\w+/, 'POST');
  draft.body = dice.pick(
    ...[
      '0x3\r\nabc\r\n0\r\n\r\n',
      '+3\r\nabc\r\n0\r\n\r\n',
      '-3\r\nabc\r\n0\r\n\r\n',
      '3 \r\nabc\r\n0\r\n\r\n',
      ' 3\r\nabc\r\n0\r\n\r\n',
      '3\t\r\nabc\r\n0\r\n\r\n',
      '03\r\nabc\r\n0\r\n\r\n',
      '00000000000000000003\r\nabc\r\n0\r\n\r\n',
      '10000000000000003\r\nabc\r\n0\r\n\r\n',
      'FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n',
      '3;a=b\r\nabc\r\n0\r\n\r\n',
      '3;a="b;c"\r\nabc\r\n0;x\r\n\r\n',
      '3;a="\r\nabc\r\n0\r\n\r\n',
      '3;\r\nabc\r\n0\r\n\r\n',
      '3;\nabc\r\n0\r\n\r\n',
      '3;a\nabc\r\n0\r\n\r\n',
      '3;a\rabc\r\n0\r\n\r\n',
      '3 ;a\r\nabc\r\n0\r\n\r\n',
      '3\nabc\r\n0\r\n\r\n',
      '3\r\nabc\n0\r\n\r\n',
      '3\r\nabc0\r\n\r\n',
      '3\r\nabcX\r\n0\r\n\r\n',
      '2\r\nabc\r\n0\r\n\r\n',
      '4\r\nabc\r\n0\r\n\r\n',
      '3\r\nabc\r\n0\n\r\n',
      '3\r\nabc\r\n0\r\n\n',
      '3\r\nabc\r\n00\r\n\r\n',
      '3\r\nabc\r\n\r\n0\r\n\r\n',
      '\r\n3\r\nabc\r\n0\r\n\r\n',
      '3\r\nabc\r\n',
      '3g\r\nabc\r\n0\r\n\r\n',
      `3\r\nabc\r\n0\r\nX-User-Id: ${MARKER}\r\n\r\n`,
      `3\r\nabc\r\n0\r\nContent-Length: 30\r\nTransfer-Encoding: ${MARKER}\r\n\r\n`,
      '3\r\nabc\r\n0\r\nno field\r\n\r\n',
      '3\r\nabc\r\n0\r\nX-A : b\r\n\r\n',
      `3\r\nabc\r\n0\r\nX-A: b\n X-User-Id: ${MARKER}\r\n\r\n`,
    ],
  );
};

const bodyOnAnything: Mutation = (draft, dice) => {
  draft.fields.push('Content-Length: 5');
  draft.body += dice.pick('hello', 'GET /', '\r\n\r\n\0', 'hell', 'hello!', '');
};

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  requestLine,
  target,
  target,
  lineEnds,
  chunks,
  chunks,
  bodyOnAnything,
  among(
    `X-Forwarded-For: ${MARKER}`,
    `X-Forwarded-Host: ${MARKER}`,
    `x-FORWARDED-proto: ${MARKER}`,
    `Forwarded: for=${MARKER}`,
    `X-Real-IP: ${MARKER}`,
    `X-Request-Id: ${MARKER}`,
    `X-User-Id: ${MARKER}`,
    `x-internal-role: ${MARKER}`,
    `traceparent: ${MARKER}`,
    `X-Request-Timeout-Ms: ${MARKER}`,
    `x-request-attempt: ${MARKER}`,
    `tracestate: ${MARKER}=1`,
    `Via: 1.1 ${MARKER}`,
    `X_User_Id: ${MARKER}`,
    `X-User-Id : ${MARKER}`,
    ` X-User-Id: ${MARKER}`,
    `X-User-Id\0: ${MARKER}`,
    `X-User-Id\t: ${MARKER}`,
    `X-A: b\rX-User-Id: ${MARKER}`,
    `X-A: b\nX-User-Id: ${MARKER}`,
    `X-A: b\r\n\tX-User-Id: ${MARKER}`,
  ),
  among(
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'Trailer: X-User-Id',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic x',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
  ),
  among(
    'Expect: 100-continue',
    'Expect: 100-CONTINUE',
    'Expect: 200-ok',
    'Expect: ',
    'Expect: 100-continue, 100-continue',
  ),
  among(
    'Connection: close',
    'Connection: keep-alive',
    'Connection: X-Case, Accept',
    'Connection: Host, Content-Length, Transfer-Encoding, Via',
    'Connection: x-forwarded-for, x-request-id, x-request-timeout-ms, traceparent, forwarded',
    'Connection: ,,close , x',
    'Connection: upgrade',
    'Connection: \t',
    'Connection: "close"',
  ),
  among(
    'X-A: \x01',
    'X-A: \0',
    'X-A: \x7f',
    'X-A: \xe9',
    'X-A:',
    'X-A:\t b \t',
    ': b',
    'X-A',
    'X A: b',
    'X(A): b',
    'X-\xe9: b',
    'Cookie: a=\xc3\xa9',
    `X-Long: ${'x'.repeat(20_000)}`,
    'X-A: b\x0bc',
  ),
  replacing(
    'Host',
    'Host: fuzz.test\r\nHost: fuzz.test',
    'Host: fuzz.test\r\nHost: other.test',
    'Host: fuzz.test, other.test',
    'Host: fuzz.test/x',
    'Host: user@fuzz.test',
    'Host: fuzz.test:x',
    'Host: fuzz.test:80:80',
    'Host: [::1]:80',
    'Host: [::1',
    'Host: FUZZ.test.',
    'Host:',
    'Host : fuzz.test',
    'X-No-Host: 1',
  ),
  replacing(
    'Content-Length',
    'Content-Length: +5',
    'Content-Length: -5',
    'Content-Length: 5, 5',
    'Content-Length: 5\r\nContent-Length: 5',
    'Content-Length: 5\r\nContent-Length: 6',
    'Content-Length: 0x5',
    'Content-Length: 5 5',
    'Content-Length: 5e0',
    'Content-Length: 005',
    'Content-Length: 99999999999999999999',
    'Content-Length: 5\x0b',
    'Content-Length:',
    'Content-Length : 5',
    'Content_Length: 5',
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
  ),
  replacing(
    'Transfer-Encoding',
    'Transfer-Encoding: Chunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding : chunked',
    'Transfer_Encoding: chunked',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding:',
    'Transfer-Encoding: chunked,',
    'Transfer-Encoding: ,chunked',
  ),
];
