import { correctOrigin } from '../../config/cors.ts';
import type { GatewayOptions } from '../../config/gateway.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';

/** The gateway's origin is one that browsers send, and cookies and tokens are not sent over plain HTTP. */
export function checkOrigin(file: string, { origin }: GatewayOptions): readonly ProblemDraft[] {
  if (origin === undefined) return [];
  const url = URL.parse(origin);
  const correct = correctOrigin(origin);
  const draft = (message: string, remedy: string): readonly ProblemDraft[] => [
    { code: 'P159', marks: [option(file, ['origin'])], message, remedy },
  ];
  if (url === null || origin.includes('*'))
    return draft(`"${origin}" is no origin`, "write a scheme, a host and perhaps a port: 'https://shop.example'");
  if (correct !== undefined) return draft(`no browser sends the origin "${origin}"`, `write '${correct}'`);
  if (url.protocol === 'https:' || isLocal(url.hostname)) return [];
  return draft(
    `over "${origin}" anybody on the network could read and send the cookies of users`,
    `write 'https://${url.host}'; http is for localhost only`,
  );
}

/** Names that never leave the computer (RFC 6761 §6.3), and its loopback addresses. */
export function isLocal(hostname: string): boolean {
  return (
    hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost' || hostname.endsWith('.localhost')
  );
}
