import type { Stage } from '../../core/handler.ts';
import { findingOf } from '../../core/outcome.ts';
import { settle } from '../../core/settle.ts';
import type { Admission } from './admission.ts';
import type { Circuit } from './circuit.ts';

/**
 * Is this call worth making? One circuit per call site, so one poisoned route does not close a healthy service.
 * @param refused is told of each call that is kept away.
 */
export function breaker(circuit: Circuit, refused: () => void): Stage {
  return next => x => {
    let call: Admission;
    try {
      call = circuit.enter(x.body);
    } catch (refusal) {
      refused();
      throw refusal;
    } finally {
      // Told on a refusal too: that is when somebody wants to know.
      x.journal?.note('breaker', circuit.state);
    }
    return settle(
      () => next(x),
      reply => {
        circuit.report(call, findingOf(reply.status).outcome);
        // Counted at the head, since nobody knows how long a body takes; one that breaks off is a failure for itself.
        if (reply.body.kind === 'stream') {
          reply.body.onEnd(end => {
            if (end === 'broken') circuit.report(call, 'failed');
          });
        }
        return reply;
      },
      failure => {
        circuit.report(call, failure.outcome);
        throw failure;
      },
    );
  };
}
