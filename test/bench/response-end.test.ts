import { describe, expect, it } from 'vitest';
import { ResponseEnd } from '../../bench/response-end.ts';

function taken(status: number, ...chunks: readonly string[]): readonly boolean[] {
  const end = new ResponseEnd();
  end.expect(status);
  return chunks.map(chunk => end.take(Buffer.from(chunk)));
}

describe('the end of a response', () => {
  it('is where Content-Length says', () => {
    expect(taken(200, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab', 'c', 'd')).toEqual([false, false, true]);
  });

  it('is found when the head arrives in pieces', () => {
    expect(taken(200, 'HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 2\r\n\r', '\nab')).toEqual([false, false, true]);
  });

  it('is the last chunk, also if it arrives in pieces', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(taken(200, `${head}2\r\nab\r\n`, '0\r', '\n\r\n')).toEqual([false, false, true]);
  });

  it('is the head of a 304, whatever length it states', () => {
    expect(taken(304, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 90\r\n\r\n')).toEqual([true]);
  });

  it('is not looked for behind another status', () => {
    expect(() => taken(200, 'HTTP/1.1 503 Service Unavailable\r\n\r\n')).toThrow('a request failed: HTTP/1.1 503');
  });
});
