import type { ProcessSubject, ProcessViews } from '../core/process-views.ts';
import type { Gateway } from '../gateway.ts';

/** A view of this process; it fits into a message. */
export async function processView(
  gateway: Pick<Gateway, ProcessSubject>,
  subject: ProcessSubject,
): Promise<Partial<ProcessViews>> {
  switch (subject) {
    case 'services':
      return { services: gateway.services() };
    case 'stored':
      return { stored: await gateway.stored() };
    case 'counts':
      return { counts: gateway.counts() };
  }
}
