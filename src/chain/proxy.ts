import type { LoadedDefinition } from '../config/loaded-route.ts';
import { compileSchema } from '../config/schema.ts';
import { serviceOfUrl } from '../config/url-service.ts';
import type { Handler } from '../core/handler.ts';
import { mediaType } from '../core/headers/media-type.ts';
import { CheckedCall } from '../handlers/part.ts';
import { callOf, fixedService } from '../handlers/proxy.ts';
import { type CallSite, toService } from './call.ts';
import type { ChainDependencies } from './chain-dependencies.ts';
import { PerService } from './per-service.ts';
import type { Chain } from './step.ts';

/** The end of a proxy route: the service is known at load, or a team's function chooses it for each request. */
export function proxyEnd(site: CallSite, definition: LoadedDefinition, dependencies: ChainDependencies): Chain {
  const { proxy } = definition;
  if (proxy === undefined) throw new TypeError(`${site.id} has no proxy`);
  const target = typeof proxy === 'string' ? serviceOfUrl(proxy, `the backend of ${site.route}`) : proxy;
  const call = callOf(target, site.address);
  const around = checkedInDev(site, definition, dependencies);
  const chains = new PerService(service => toService(site, service, dependencies, around));
  const service = fixedService(target);
  if (service === undefined) {
    return {
      steps: [],
      handler: x => {
        const calling = x.calling(call(x));
        return chains.for(calling).handler(calling);
      },
      called: x => chains.for(x.with({ call: call(x) })).steps,
    };
  }
  const { steps, handler } = chains.of(service);
  return { steps, handler: x => handler(x.calling(call(x))) };
}

/**
 * In production a proxied body is not read; in `dev` a JSON response that violates the route's `response` is a failure
 * that names the field.
 */
function checkedInDev(
  site: CallSite,
  { response }: LoadedDefinition,
  dependencies: ChainDependencies,
): (next: Handler) => Handler {
  const check = dependencies.checkProxied ? compileSchema(response ?? {}, { coerce: false }) : undefined;
  if (check === undefined) return next => next;
  const checked = new CheckedCall(site.route, check, { bytes: dependencies.bodyLimit });
  return next => async x => {
    const reply = await next(x);
    if (x.method !== 'GET' || mediaType(reply.headers) !== 'application/json') return reply;
    if (reply.headers.has('content-encoding')) return reply;
    return checked.reading(() => reply)(x);
  };
}
