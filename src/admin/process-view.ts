import type { ProcessSubject, ProcessViews } from '../core/process-views.ts';
import type { Gateway } from '../gateway.ts';

/** A view of this process; it fits into a message. */
export async function processView(
  gateway: Pick<Gateway, ProcessSubject>,
  subject: ProcessSubject,
): Promise<Partial<ProcessViews>> {
  return subject === 'services' ? { services: gateway.services() } : { stored: await gateway.stored() };
}
