import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * What a gateway is called in `Via`: the same for all processes of one deployment, so that each of them knows a request
 * that has been here, and nothing that names the host (RFC 9110 §7.6.3).
 */
export function viaNameOf(dir: string): string {
  const digest = createHash('sha256').update(`${hostname()}\n${dir}`).digest('hex');
  return `portico-${digest.slice(0, 8)}`;
}
