import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Check } from '../config/schema.ts';
import { NO_BODY } from '../core/body.ts';
import { withExactIntegers, withoutBigints } from '../core/exact-json.ts';
import { GatewayError } from '../core/failure.ts';
import { endToEndFilter } from '../core/headers/hop-by-hop.ts';
import { isEventStream } from '../core/headers/media-type.ts';
import { PushBody } from '../core/push-body.ts';
import { bytesReply, emptyReply, jsonReply, type Reply } from '../core/reply.ts';

/**
 * Converts a handler's value to a reply: data to JSON, a string to text, a Response unchanged, undefined to 204.
 * @param known values within it that come from JSON.
 */
export function valueResponse(value: unknown, known?: readonly unknown[]): Reply {
  if (value === undefined) return emptyReply(204);
  if (value instanceof Response) return responseReply(value);
  if (typeof value === 'string') return bytesReply(200, 'text/plain; charset=utf-8', Buffer.from(value));
  return jsonReply(200, value, known);
}

/**
 * Validates a value against the route's own `response` schema, which may convert it if it is a Standard Schema.
 * @throws GatewayError `reply.invalid`.
 */
export async function promised(check: Check | undefined, value: unknown): Promise<unknown> {
  if (check === undefined) return value;
  let verdict = await check(value);
  if (verdict.errors === undefined) return verdict.value;
  // Schemas know no bigint: for them it is a number, and only a value that is refused is looked through.
  const rounded = withoutBigints(value);
  if (rounded !== value) verdict = await check(rounded);
  if (verdict.errors === undefined) {
    return verdict.value === rounded ? value : withExactIntegers(verdict.value, value);
  }
  const first = verdict.errors[0];
  throw new GatewayError('reply.invalid', 'The response is not what the route promises', {
    cause: new Error(
      `the route's response does not fit its \`response\`: ${first?.pointer ?? ''} ${first?.detail ?? ''}`,
    ),
  });
}

const madeHere = endToEndFilter(name => name === 'content-length');
const fetched = endToEndFilter(name => name === 'content-length' || name === 'content-encoding');

/** Passes a Response on unchanged. */
export function responseReply(response: Response): Reply {
  const flat = [...response.headers].flat();
  // The length is measured as the body is sent; a body from `fetch` is already decoded, so its own length and content
  // encoding would be wrong.
  const headers = (response.url === '' ? madeHere : fetched)(flat);
  if (response.body === null) return { status: response.status, headers, body: NO_BODY };
  const source = Readable.fromWeb(response.body as ReadableStream);
  const body = new PushBody(
    {
      pause: () => source.pause(),
      resume: () => source.resume(),
      abort: () => source.destroy(),
    },
    undefined,
  );
  source.on('data', (chunk: Uint8Array) => body.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
  source.on('end', () => body.finish());
  source.on('error', cause => body.fail(new GatewayError('gateway.error', 'The response broke off', { cause })));
  return { status: response.status, headers, body, longLived: isEventStream(headers) };
}
