import { isService, type Service } from '../../define/service.ts';
import type { Draft } from '../draft.ts';
import type { At } from './targets.ts';

/** Calls are copied to another service: to the same one, each would be made twice. */
export function checkMirror(service: Service, at: At): readonly Draft[] {
  const to = service.options.mirror?.to;
  if (to === undefined || (isService(to) && to !== service)) return [];
  return [
    {
      code: 'P143',
      marks: [at(['mirror', 'to'])],
      message: `"${service.serviceName}" mirrors its calls to ${to === service ? 'itself' : 'what is no service'}`,
      remedy: "name another service: mirror: { to: staging }, with staging = defineService('staging', { … })",
    },
  ];
}
