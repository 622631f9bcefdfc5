import { contextOf } from '../config/request-context.ts';
import type { CallTarget, Exchange } from '../core/exchange.ts';
import type { PartExplanation, RouteExplanation, StepExplanation } from '../core/explanation.ts';
import { asFailure } from '../core/failure.ts';
import { partRequests, partTarget } from '../handlers/aggregate.ts';
import { handlerDescription } from './handler-description.ts';
import type { CompiledRoute } from './route.ts';
import type { Described, PartChain } from './step.ts';

/** Explains what a route would do with a request, step by step. No guard runs and no backend is called. */
export function explainRoute({ route, steps, parts, called }: CompiledRoute, x: Exchange): RouteExplanation {
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

function explainStep({ name, policy, explain, now, implicit }: Described, x: Exchange): StepExplanation {
  return {
    name,
    policy,
    ...(explain === undefined ? {} : { cache: explain(x) }),
    ...(now === undefined ? {} : { now: now() }),
    ...(implicit === undefined ? {} : { implicit }),
  };
}

function explainPart(part: PartChain, x: Exchange): PartExplanation {
  const { name, definition } = part;
  const { dependsOn = [] } = definition;
  const partRequest = partRequests(x);
  if (dependsOn.length > 0) return { name, unknown: `depends on what ${dependsOn.join(' and ')} returns`, steps: [] };
  let call: CallTarget | undefined;
  try {
    call = partTarget(part, partRequest, contextOf(x), {});
  } catch (thrown) {
    return { name, unknown: `has no known service: ${asFailure(thrown).message}`, steps: [] };
  }
  if (call === undefined) return { name, unknown: 'is left out of this response', steps: [] };
  const toSubrequest = partRequest.with({ call });
  const cache = part.steps.find(({ explain }) => explain !== undefined)?.explain?.(toSubrequest);
  const steps = part.called(toSubrequest).map(step => explainStep(step, toSubrequest));
  return { name, ...(cache === undefined ? {} : { cache }), steps };
}
