import type { ProcessSubject } from '../core/process-views.ts';
import { type AdminResponse, json, nobodyResponds } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

/** `GET /services`: the services of each process, with their targets and limits. */
export function services(gateway: ManagedGateway): Promise<AdminResponse> {
  return ofEachProcess(gateway, 'services');
}

/** `GET /cache`: what is stored in the memory of each process. Sums would count a response once for each of them. */
export function stored(gateway: ManagedGateway): Promise<AdminResponse> {
  return ofEachProcess(gateway, 'stored');
}

async function ofEachProcess(gateway: ManagedGateway, subject: ProcessSubject): Promise<AdminResponse> {
  const workers = await gateway.inspect(subject);
  if (workers.length === 0) return nobodyResponds(gateway);
  return json(200, { workers: workers.map(({ pid, view }) => ({ pid, [subject]: view })) });
}
