import { bytesBody, NO_BODY } from '../../src/core/body.ts';
import { Cancellation } from '../../src/core/cancellation.ts';
import { Exchange, type ExchangeDetails, type ExchangeFields } from '../../src/core/exchange.ts';
import { HeaderList } from '../../src/core/headers/header-list.ts';
import type { Reply } from '../../src/core/reply.ts';

/** An exchange for a single stage: GET / from a browser on localhost, with the test's changes. */
export function exchange(changes: Partial<ExchangeFields> & ExchangeDetails = {}): Exchange {
  const { upgrade, locals, subject, validQuery, validBody, covered, ...fields } = changes;
  return new Exchange({
    id: 'test',
    method: 'GET',
    path: '/',
    search: '',
    params: {},
    places: [],
    headers: HeaderList.empty,
    body: NO_BODY,
    client: { address: '192.0.2.1', protocol: 'http', host: 'shop.test', mount: '' },
    cancellation: new Cancellation(),
    journal: undefined,
    earlyHints: undefined,
    timeouts: undefined,
    call: undefined,
    details: { upgrade, locals, subject, validQuery, validBody, covered },
    ...fields,
  });
}

export function headers(fields: Readonly<Record<string, string>>): HeaderList {
  return HeaderList.of(fields);
}

export function textReply(text: string, fields: Readonly<Record<string, string>> = {}, status = 200): Reply {
  return { status, headers: HeaderList.of(fields), body: bytesBody(Buffer.from(text)) };
}

export function textOf(reply: Reply): string {
  return reply.body.kind === 'bytes' ? reply.body.bytes.toString() : '';
}
