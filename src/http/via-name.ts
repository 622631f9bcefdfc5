import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * The gateway's name in `Via`: the same for all processes of one deployment, so that each recognizes a looping request,
 * and without the host name (RFC 9110 §7.6.3).
 */
export function viaNameOf(dir: string): string {
  const digest = createHash('sha256').update(`${hostname()}\n${dir}`).digest('hex');
  return `portico-${digest.slice(0, 8)}`;
}
