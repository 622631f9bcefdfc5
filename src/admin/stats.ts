import { LOOP_ENDS_MS } from '../telemetry/metrics.ts';
import { HTTP_ENDS_MS } from '../telemetry/request-metrics.ts';
import { type AdminResponse, json } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

/**
 * `GET /stats`: what all processes have counted since the start, so that two of these responses give rates and
 * percentiles.
 */
export async function stats(gateway: ManagedGateway): Promise<AdminResponse> {
  const counts = await gateway.counts();
  const { phase, generation, pids, routes, canReload } = gateway;
  return json(200, {
    at: new Date().toISOString(),
    // Two responses are compared by it, since the time of day may step.
    uptimeMs: Math.round(performance.now()),
    status: phase,
    generation,
    workers: pids.length,
    canReload,
    routeCount: routes.length,
    endsMs: HTTP_ENDS_MS,
    loopEndsMs: LOOP_ENDS_MS,
    ...counts,
  });
}
