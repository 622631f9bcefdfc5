import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../src/core/headers/header-list.ts';
import { bytesOf, recordedBody } from '../../src/recordings/recorded-body.ts';
import { recordedFields, replayedFields } from '../../src/recordings/recorded-headers.ts';
import type { RecordedResponse } from '../../src/recordings/recorded-response.ts';
import { readRecording, recordingText } from '../../src/recordings/recording-file.ts';
import { Redaction } from '../../src/recordings/redaction.ts';

const REQUEST = { service: 'cart', method: 'GET', path: '/carts/7' };

function throughFile(response: RecordedResponse): RecordedResponse {
  const text = recordingText({ request: REQUEST, sites: ['GET /'], takes: [{ position: 0, response }] });
  const read = readRecording(text);
  if ('mistakes' in read) throw new Error(JSON.stringify(read.mistakes));
  expect(recordingText(read.recording)).toBe(text);
  const [take] = read.recording.takes;
  if (take === undefined) throw new Error('no response');
  return take.response;
}

const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
  fc.string().map(text => Buffer.from(`line one\r\n${text}\n`)),
  fc
    .tuple(fc.json(), fc.constantFrom(0, 1, 2, 4))
    .map(([text, indent]) => Buffer.from(JSON.stringify(JSON.parse(text), undefined, indent))),
  fc
    .constantFrom(
      '{"a":1,"a":2}',
      '[1.0]',
      '{"2":1,"1":2}',
      '[12345678901234567890]',
      '{"__proto__":{"a":1}}',
      '\uFEFF{}',
    )
    .map(text => Buffer.from(text)),
);

describe('a recording', () => {
  it('gives back every byte of a body', () => {
    fc.assert(
      fc.property(anyBody, bytes => {
        const read = throughFile({ status: 200, headers: [], body: recordedBody(bytes) });
        expect(read.body && bytesOf(read.body).equals(bytes)).toBe(true);
      }),
    );
  });

  it('gives back repeated fields in their order, and every byte of their values', () => {
    const value = fc
      .string({
        unit: fc
          .integer({ min: 0x20, max: 0xff })
          .filter(code => code !== 0x7f && code !== 0x3d && code !== 0x3a)
          .map(code => String.fromCharCode(code)),
      })
      .map(text => text.trim());
    const field = fc.tuple(fc.constantFrom('Link', 'link', 'Vary', 'X-A', 'X-B'), value);
    fc.assert(
      fc.property(fc.array(field), fields => {
        const flat = fields.flat();
        const headers = recordedFields(new HeaderList(flat), new Redaction());
        expect(replayedFields(throughFile({ status: 200, headers }).headers, 0)).toEqual(flat);
      }),
    );
  });

  it('shows JSON as JSON, a text by its lines, and other bytes in base64', () => {
    expect(recordedBody(Buffer.from('{"a":[1]}'))).toEqual({ json: { a: [1] } });
    expect(recordedBody(Buffer.from('{\n  "a": 1\n}'))).toEqual({ json: { a: 1 }, indent: 2 });
    expect(recordedBody(Buffer.from('a\nb\n'))).toEqual({ lines: ['a', 'b', ''] });
    expect(recordedBody(Buffer.from('hello'))).toEqual({ text: 'hello' });
    expect(recordedBody(Buffer.from([0xff]))).toEqual({ base64: '/w==' });
  });

  it.each([
    ['no JSON', '{"portico": 1,\n  oops', '2:3', 'is no JSON'],
    ['JSON without its end', '{"portico": 1,\n', '2:1', 'is no JSON: it ends early'],
    ['JSON that ends within a text', '{"portico": 1,\n"req', '2:5', 'is no JSON: it ends early'],
    ['a list', '[]', '/', 'must be an object'],
    ['a newer version', '{"portico": 2, "anything": true}', '/portico', 'is version 2, and this Portico reads 1'],
    ['no version', '{}', '/portico', 'is required'],
  ])('reports %s with its place', (_what, text, place, detail) => {
    const read = readRecording(text);
    const mistakes = 'mistakes' in read ? read.mistakes : [];
    expect(mistakes[0]).toEqual({ place, detail: expect.stringContaining(detail) });
  });

  it('reports every mistake of a file that was edited', () => {
    const response = {
      position: -1,
      status: '200',
      headers: ['no colon', 'A: b\nc'],
      body: { jsn: 1 },
      messages: [{}],
    };
    const read = readRecording(
      JSON.stringify({ portico: 1, request: { ...REQUEST, path: 'x' }, sites: [], responses: [response] }),
    );
    const mistakes = 'mistakes' in read ? read.mistakes : [];
    expect(mistakes.map(({ place }) => place).sort()).toEqual([
      '/request/path',
      '/responses/0/body',
      '/responses/0/headers/0',
      '/responses/0/headers/1',
      '/responses/0/messages/0',
      '/responses/0/position',
      '/responses/0/status',
    ]);
  });

  it('keeps a lifetime that ends at a date, whenever it is replayed', () => {
    expect(replayedFields(['Expires: in 60 s'], Date.UTC(2030, 0, 1))).toEqual([
      'Expires',
      'Tue, 01 Jan 2030 00:01:00 GMT',
    ]);
  });
});
