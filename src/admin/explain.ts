import type { Question } from '../core/explanation.ts';
import { readQuestion } from '../define/question.ts';
import { json, problem } from './answers.ts';
import type { OrderKind } from './orders.ts';

/** `POST /explain`: what every process of the gateway would do with a request; each has its own memory. */
export const EXPLAIN: OrderKind<Question> = {
  read: readQuestion,
  async obey(status, question) {
    const workers = await status.explain(question);
    if (workers.length === 0) return problem(503, 'gateway.busy', 'No worker has answered in time');
    return json(200, { workers });
  },
};
