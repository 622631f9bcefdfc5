import { defineService, type Service } from '../config/service.ts';
import { bytesBody, collect, NO_BODY } from '../core/body.ts';
import { Cancellation } from '../core/cancellation.ts';
import { Exchange, NO_DETAILS } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import type { ProviderFetch } from '../core/ports/identity.ts';
import type { Reply } from '../core/reply.ts';
import { type CallSite, toService } from './call.ts';
import type { ChainDependencies } from './chain-dependencies.ts';

/** Of discovery documents, keys and tokens. */
const MAX_BYTES = 1024 * 1024;

/** A page load may wait for it. */
const TIMEOUT = { connect: '2s', headers: '5s', idle: '5s', total: '8s' } as const;

/**
 * The identity provider as a service like any other: its connections, deadlines, limit and metrics. One service for
 * each origin, because providers keep their keys elsewhere than their login page.
 */
export function providerCalls(dependencies: ChainDependencies): ProviderFetch {
  const handlers = new Map<string, Handler>();
  const handlerOf = (origin: string): Handler => {
    const known = handlers.get(origin) ?? compiled(origin, dependencies);
    handlers.set(origin, known);
    return known;
  };
  return async (url, { method, headers, body }) => {
    const { origin, pathname, search, host } = new URL(url);
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const fields = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
    const handler = handlerOf(origin);
    const x = new Exchange({
      id: 'identity',
      method,
      path: pathname,
      search,
      params: {},
      places: [],
      headers: new HeaderList(fields.flat()),
      body: bytes === undefined ? NO_BODY : bytesBody(bytes),
      client: undefined,
      cancellation: new Cancellation(),
      journal: undefined,
      earlyHints: undefined,
      timeouts: undefined,
      call: { service: { serviceName: nameOf(host) }, path: pathname, search },
      details: NO_DETAILS,
    });
    return await responseOf(await handler(x));
  };
}

function nameOf(host: string): string {
  return `identity ${host}`;
}

function compiled(origin: string, dependencies: ChainDependencies): Handler {
  const service = defineService(nameOf(new URL(origin).host), {
    targets: [origin],
    timeout: TIMEOUT,
    // Its address is for browsers, too.
    public: true,
  });
  // Recordings and mocks are of the project's own services.
  const own = { ...dependencies, calls: undefined, mock: undefined };
  return toService(siteOf(service), service, own).handler;
}

function siteOf({ serviceName }: Service): CallSite {
  return {
    route: serviceName,
    id: serviceName,
    part: undefined,
    service: serviceName,
    serviceOf: () => undefined,
    name: serviceName,
    address: '/',
    policies: {},
    keyedHeadersOnly: false,
    unconditional: false,
    byOrigin: false,
    isPartOfStored: false,
    expected: { response: undefined, batch: undefined, subjectOf: () => undefined },
  };
}

async function responseOf({ status, headers, body }: Reply): Promise<Response> {
  const bytes = await collect(
    body,
    MAX_BYTES,
    () => new GatewayError('upstream.too_large', 'The response is too large'),
  );
  const fields = new Headers();
  for (let i = 0; i < headers.flat.length; i += 2) fields.append(headers.flat[i] ?? '', headers.flat[i + 1] ?? '');
  const hasBody = status !== 204 && status !== 304 && status >= 200;
  return new Response(hasBody ? new Uint8Array(bytes) : null, { status, headers: fields });
}
