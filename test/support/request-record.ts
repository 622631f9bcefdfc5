import type { Clock } from '../../src/core/ports/clock.ts';
import type { RequestEnd } from '../../src/core/ports/observer.ts';
import { type RecordReader, RequestRecord } from '../../src/telemetry/record/request-record.ts';
import { FakeClock } from './clock.ts';

const NO_READER: RecordReader = { began: () => undefined, finished: () => undefined };

/** The record of a GET that began now. */
export function openRecord(clock: Clock = new FakeClock(), reader: RecordReader = NO_READER): RequestRecord {
  const record = new RequestRecord('GET', clock, reader, undefined);
  record.identified({
    id: 'r-1',
    protocol: 'http',
    trace: { parent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`, state: undefined },
    isContinued: false,
  });
  return record;
}

/** How a request ends that succeeds. */
export const SUCCESS: RequestEnd = {
  route: '/a',
  file: 'routes/a.get.ts',
  status: 200,
  path: '/a',
  failure: undefined,
  fallbacks: undefined,
  isLongLived: false,
};

/** The record of a GET that took that long. */
export function finishedRecord(durationMs: number, end: Partial<RequestEnd> = {}): RequestRecord {
  const clock = new FakeClock();
  const record = openRecord(clock);
  clock.advance(durationMs);
  record.finish({ ...SUCCESS, ...end });
  return record;
}
