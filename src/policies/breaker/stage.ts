import type { BodyEnd } from '../../core/body.ts';
import { callOutcomeOf, type Outcome } from '../../core/call-outcome.ts';
import type { Stage } from '../../core/handler.ts';
import { mapResult } from '../../core/map-result.ts';
import type { Admission } from './admission.ts';
import type { Circuit } from './circuit.ts';

/** What the end of a body says: one that its client did not read to the end says nothing. */
const ENDS: Readonly<Record<BodyEnd, Outcome>> = { complete: 'succeeded', broken: 'failed', left: 'ignored' };

/**
 * Decides whether a call is worth making. One circuit per call site, so one poisoned route does not close a healthy
 * service.
 * @param refused is called for each refused call.
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
      // Reported on a refusal too: that is when an operator looks.
      x.journal?.note('breaker', circuit.state);
    }
    return mapResult(
      () => next(x),
      reply => {
        const { outcome } = callOutcomeOf(reply.status);
        const { body } = reply;
        // Counted at the head, since the time of a body is not limited; a body that breaks off turns the success into a
        // failure.
        if (body.kind !== 'stream' || reply.longLived === true) circuit.report(call, outcome);
        else circuit.reportHead(call, outcome);
        if (body.kind === 'stream') body.onEnd(end => circuit.reportEnd(call, ENDS[end]));
        return reply;
      },
      failure => {
        circuit.report(call, failure.outcome);
        throw failure;
      },
    );
  };
}
