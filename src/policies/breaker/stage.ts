import type { BodyEnd } from '../../core/body.ts';
import { callOutcomeOf, type Outcome } from '../../core/call-outcome.ts';
import type { Stage } from '../../core/handler.ts';
import { mapResult } from '../../core/map-result.ts';
import type { Admission } from './admission.ts';
import type { Circuit } from './circuit.ts';

/** The outcome at the end of a body; one that its client abandoned is inconclusive. */
const ENDS: Readonly<Record<BodyEnd, Outcome>> = { complete: 'succeeded', broken: 'failed', left: 'ignored' };

/**
 * Rejects calls while the circuit is open. One circuit per call site, so that one failing route does not block a
 * healthy service.
 * @param refused is called for each rejected call.
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
      // Noted on a rejection too, since operators look at those.
      x.journal?.circuit(circuit.isHeld ? 'held' : circuit.state);
    }
    return mapResult(
      next,
      x,
      reply => {
        const { outcome } = callOutcomeOf(reply.status);
        const { body } = reply;
        // Counted at the response headers, since the time of a body is not limited; a truncated body turns the success
        // into a failure.
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
