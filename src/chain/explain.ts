import type { Exchange } from '../core/exchange.ts';
import type { PartExplanation, RouteExplanation, StepExplanation } from '../core/explanation.ts';
import { asFailure } from '../core/failure.ts';
import type { Recognised } from '../core/ports/recognised.ts';
import { TraceIds } from '../core/trace-ids.ts';
import { PartRequests } from '../handlers/part-requests.ts';
import { handlerDescription } from './handler-description.ts';
import type { CompiledRoute } from './route.ts';
import type { Described, PartChain } from './step.ts';

/**
 * Explains what a route would do with a request, step by step. No guard runs and no backend is called.
 * @param user who sends it, as a route with `auth` recognises it.
 */
export function explainRoute(
  { route, steps, parts, called }: CompiledRoute,
  sent: Exchange,
  user: Recognised | undefined,
): RouteExplanation {
  const x = steps.some(({ name }) => name === 'auth') ? sent.withDetails({ recognised: user }) : sent;
  const cache = steps.find(({ name }) => name === 'cache');
  const below = cache?.toSubrequest?.(x) ?? x;
  return {
    file: route.file,
    path: route.label,
    params: x.params,
    response: handlerDescription(route),
    steps: [...steps, ...(called === undefined ? [] : chosenBy(called, below))].map(step => explainStep(step, x)),
    parts: parts.map(part => explainPart(part, below)),
  };
}

// A team's function may need data from a guard; without it the chosen service is unknown.
function chosenBy(called: NonNullable<CompiledRoute['called']>, x: Exchange): readonly Described[] {
  try {
    return called(x);
  } catch {
    return [];
  }
}

function explainStep({ name, policy, explain, decides, now, implicit }: Described, x: Exchange): StepExplanation {
  return {
    name,
    policy,
    ...(explain === undefined ? {} : { cache: explain(x) }),
    ...(decides === undefined ? {} : { decision: decides(x) }),
    ...(now === undefined ? {} : { now: now() }),
    ...(implicit === undefined ? {} : { implicit }),
  };
}

function explainPart(part: PartChain, x: Exchange): PartExplanation {
  const { name, definition } = part;
  const { dependsOn = [] } = definition;
  if (dependsOn.length > 0) return { name, unknown: `depends on what ${dependsOn.join(' and ')} returns`, steps: [] };
  if (definition.each !== undefined) return { name, unknown: 'is called for the ids that `each` returns', steps: [] };
  const requests = new PartRequests(x, new TraceIds());
  let toSubrequest: Exchange | undefined;
  try {
    toSubrequest = requests.of({ ...part, look: undefined }, { subject: {}, values: {} }, requests.base);
  } catch (thrown) {
    return { name, unknown: `has no known service: ${asFailure(thrown).message}`, steps: [] };
  }
  if (toSubrequest === undefined) return { name, unknown: 'is left out of this response', steps: [] };
  const cache = part.steps.find(({ explain }) => explain !== undefined)?.explain?.(toSubrequest);
  const request = toSubrequest;
  const steps = part.called(request).map(step => explainStep(step, request));
  return { name, ...(cache === undefined ? {} : { cache }), steps };
}
