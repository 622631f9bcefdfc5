import { readExplainQuery } from '../config/explain-query.ts';
import type { ExplainQuery } from '../core/explanation.ts';
import { json, problem } from './admin-response.ts';
import type { CommandKind } from './command-response.ts';

/** `POST /explain`: the explanation of a request by every process of the gateway, since each has its own memory. */
export const EXPLAIN: CommandKind<ExplainQuery> = {
  read: readExplainQuery,
  async obey(gateway, query) {
    const workers = await gateway.explain(query);
    if (workers.length === 0) return problem(503, 'gateway.busy', 'No worker responded in time');
    return json(200, { workers });
  },
};
