import { whenEnded } from '../core/body.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { StallTolerantTimer } from '../core/stall-tolerant-timer.ts';
import type { TraceIds } from '../core/trace-ids.ts';
import type { Part } from './compiled-part.ts';
import type { EarlyEndPolicy, TimeLimit } from './early-end.ts';
import { Gathering } from './gathering.ts';
import { PartStream } from './part-stream.ts';
import { formatFor } from './stream-format.ts';

export interface StreamedAggregateOptions {
  readonly traces: TraceIds;
  readonly earlyEnd?: EarlyEndPolicy | undefined;
  /** Of the whole stream; the deadline of the route ends with the head. */
  readonly limit: TimeLimit | undefined;
}

/** Sends each part of several backends as a line of its own, as soon as it is there. */
export function streamedAggregateHandler(
  parts: readonly Part[],
  { traces, earlyEnd, limit }: StreamedAggregateOptions,
): Handler {
  const byName = new Map(parts.map(part => [part.name, part]));
  const calls = { traces, earlyEnd: parts.some(({ isDispensable }) => isDispensable) ? earlyEnd : undefined };
  return async x => {
    const format = formatFor(x.headers.joined('accept'));
    const gathering = new Gathering(byName, x, calls);
    const stream = new PartStream(gathering, byName, format);
    if (limit !== undefined) bound(stream, limit);
    await stream.start();
    const headers = new HeaderList(['Content-Type', format.mediaType, ...FIELDS]);
    return { status: 200, headers, body: stream.body, fallbacks: gathering.fallbacks };
  };
}

const FIELDS: readonly string[] = ['Cache-Control', 'no-store', 'Vary', 'Accept'];

function bound(stream: PartStream, { ms, clock }: TimeLimit): void {
  const timer = new StallTolerantTimer(clock, ms, () => {
    stream.fail(new GatewayError('upstream.timeout', `The response was not complete within ${ms} ms`));
  });
  whenEnded(stream.body, () => timer.cancel());
}
