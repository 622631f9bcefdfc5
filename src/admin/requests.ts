import type { RequestQuery } from '../core/request-view.ts';
import { type AdminResponse, json, problem } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

/** `GET /requests`: the latest requests, with the reasons why they were slow, missed or failed. */
export async function requestList(gateway: ManagedGateway, query: URLSearchParams): Promise<AdminResponse> {
  const unknown = [...query.keys()].find(name => name !== 'id' && !FILTERS.some(filter => filter === name));
  if (unknown !== undefined) {
    const detail = `unknown parameter; known: id, ${FILTERS.join(', ')}`;
    return problem(400, 'request.invalid', 'The query does not fit', [{ pointer: `/${unknown}`, detail }]);
  }
  const id = query.get('id');
  const requests = await gateway.requests(id === null ? filtersIn(query) : { id });
  if (id !== null && requests.length === 0)
    return problem(404, 'request.not_found', `No request ${id} is among the latest`);
  return json(200, { requests });
}

/** `GET /history`: what each load of the routes changed, and how it did. */
export async function history(gateway: ManagedGateway): Promise<AdminResponse> {
  return json(200, { generations: await gateway.history() });
}

const FILTERS = ['slow', 'miss', 'failed'] as const;

function filtersIn(query: URLSearchParams): RequestQuery {
  return Object.fromEntries(FILTERS.filter(filter => query.has(filter)).map(filter => [filter, true]));
}
