import { expect, it } from 'vitest';
import { readRate } from '../../bench/measure/throughput.ts';

const PRINTED = `Running 1s test @ http://127.0.0.1:8080/
  1 threads and 16 connections
  5681 requests in 1.00s, 1.23MB read
Requests/sec:   5681.20
Transfer/sec:      1.23MB
`;

it('is what wrk prints', () => {
  expect(readRate(PRINTED)).toBe(5681.2);
});

it.each(['Non-2xx or 3xx responses: 58', 'Socket errors: connect 0, read 57, write 0, timeout 1'])(
  'is nothing where more than one in a hundred requests failed: %s',
  line => {
    expect(() => readRate(`  ${line}\n${PRINTED}`)).toThrow('wrk: ');
    expect(readRate(`  ${line.replaceAll(/5[78]/g, '12')}\n${PRINTED}`)).toBe(5681.2);
  },
);
