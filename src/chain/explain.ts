import { askedOfParts, partTarget } from '../answer/aggregate.ts';
import type { CallTarget, Exchange } from '../core/exchange.ts';
import type { PartExplanation, RouteExplanation, StepExplanation } from '../core/explanation.ts';
import { asFailure } from '../core/failure.ts';
import { contextOf } from '../define/request-context.ts';
import { answerWords } from './answer-words.ts';
import type { CompiledRoute } from './route.ts';
import type { Described, PartChain } from './step.ts';

/** What a route would do with a request: its lists, asked one step after the other. No guard runs and no backend is asked. */
export function explainRoute({ route, steps, parts }: CompiledRoute, x: Exchange): RouteExplanation {
  const cache = steps.find(({ name }) => name === 'cache');
  const below = cache?.asks?.(x) ?? x;
  return {
    file: route.file,
    path: route.label,
    params: x.params,
    answer: answerWords(route),
    steps: steps.map(step => explainStep(step, x)),
    parts: parts.filter(part => cacheOf(part) !== undefined).map(part => explainPart(part, below)),
  };
}

function explainStep({ name, policy, explain }: Described, x: Exchange): StepExplanation {
  return { name, policy, ...(explain === undefined ? {} : { cache: explain(x) }) };
}

function cacheOf({ steps }: PartChain): Described | undefined {
  return steps.find(({ explain }) => explain !== undefined);
}

function explainPart(part: PartChain, x: Exchange): PartExplanation {
  const { name, definition } = part;
  const { needs = [] } = definition;
  const asked = askedOfParts(x);
  if (needs.length > 0) return { name, unknown: `depends on what ${needs.join(' and ')} answers` };
  let call: CallTarget | undefined;
  try {
    call = partTarget(part, asked, contextOf(x), {});
  } catch (thrown) {
    return { name, unknown: `does not know whom to ask: ${asFailure(thrown).message}` };
  }
  if (call === undefined) return { name, unknown: 'is left out of this answer' };
  const cache = cacheOf(part)?.explain?.(asked.with({ call }));
  return cache === undefined ? { name, unknown: 'has no cache' } : { name, cache };
}
