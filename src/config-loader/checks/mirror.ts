import { isService, type Service } from '../../config/service.ts';
import type { ProblemDraft } from '../problem-draft.ts';
import type { OptionPath } from './targets.ts';

/** Calls are mirrored to another service, because a copy to the same one would double each call. */
export function checkMirror(service: Service, at: OptionPath): readonly ProblemDraft[] {
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
