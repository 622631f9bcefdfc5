import type { GatewayOptions } from '../../config/gateway.ts';
import type { Address } from '../address.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import { PLAIN_PATH } from './plain-path.ts';

interface HealthClaim {
  readonly file: string;
  readonly address?: Address;
}

/** The gateway itself serves its health path: a route there would never run. */
export function checkHealth(
  { health }: GatewayOptions,
  [config]: readonly string[],
  claims: readonly HealthClaim[],
): readonly ProblemDraft[] {
  if (health === undefined || config === undefined) return [];
  if (!PLAIN_PATH.test(health)) {
    return [
      {
        code: 'P122',
        marks: [option(config, ['health'])],
        message: `"health" must be a plain path, not ${JSON.stringify(health)}`,
        remedy: "write letters and digits, without a query: health: '/healthz'",
      },
    ];
  }
  const rivals = claims.filter(({ address }) => address !== undefined && address.label === health);
  return rivals.map(({ file }) => ({
    code: 'P102',
    marks: [option(config, ['health']), { file, spot: { in: 'file' } }],
    message: `the gateway itself and a file serve ${health}`,
    remedy: 'name another path in "health", or rename the file',
  }));
}
