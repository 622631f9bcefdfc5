import { type FailureCode, GatewayError } from '../../core/failure.ts';
import { errors } from './undici-parts.ts';

const CODES: Readonly<Record<string, FailureCode>> = {
  ECONNREFUSED: 'upstream.unreachable',
  EHOSTUNREACH: 'upstream.unreachable',
  ENETUNREACH: 'upstream.unreachable',
  EADDRNOTAVAIL: 'upstream.unreachable',
  ENOENT: 'upstream.unreachable',
  EACCES: 'upstream.unreachable',
  ENOTFOUND: 'upstream.unresolved',
  EAI_AGAIN: 'upstream.unresolved',
  UND_ERR_CONNECT_TIMEOUT: 'upstream.connect_timeout',
  ETIMEDOUT: 'upstream.connect_timeout',
  ECONNRESET: 'upstream.reset',
  EPIPE: 'upstream.reset',
  UND_ERR_SOCKET: 'upstream.reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream.malformed',
  UND_ERR_HEADERS_OVERFLOW: 'upstream.head_too_large',
  HPE_HEADER_OVERFLOW: 'upstream.head_too_large',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'request.malformed',
};

const MESSAGES: Partial<Record<FailureCode, string>> = {
  'upstream.unreachable': 'could not be reached',
  'upstream.unresolved': 'has an address that does not resolve',
  'upstream.connect_timeout': 'did not accept a connection in time',
  'upstream.untrusted': 'showed a certificate that is not trusted',
  'upstream.tls': 'did not agree on a TLS connection',
  'upstream.reset': 'closed the connection before its response was complete',
  'upstream.head_too_large': 'sent more header fields than are read',
  'upstream.malformed': 'sent something that is not HTTP',
  'request.malformed': 'did not get a body as long as announced',
};

interface Progress {
  /** Whether any byte was handed to a socket. */
  readonly sent: boolean;
  readonly hasResponse: boolean;
}

/** Maps a socket's error to a failure of the exchange. The message names the service, never an address. */
export function failureOf(error: unknown, service: string, progress: Progress): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = failureCode(error);
  return new GatewayError(code, `${service} ${MESSAGES[code] ?? 'failed'}`, {
    cause: error,
    neverSent: !progress.sent,
    hasResponse: progress.hasResponse,
  });
}

function failureCode(error: unknown): FailureCode {
  // undici reports this for a 101 without an upgrade request.
  if (error instanceof errors.SocketError && error.message === 'bad upgrade') return 'upstream.malformed';
  const code = errorCode(error);
  const known = CODES[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError'))
    return 'upstream.malformed';
  // A TLS alert: a missing or rejected client certificate, no common version, no TLS at all.
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return 'upstream.tls';
  // Node reports a rejected certificate by OpenSSL's reason: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN,
  // ERR_TLS_CERT_ALTNAME_INVALID, ...
  if (code.includes('CERT') || code.startsWith('UNABLE_TO_') || code.startsWith('ERR_TLS_'))
    return 'upstream.untrusted';
  return 'upstream.reset';
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function unknownEncoding(service: string): GatewayError {
  return new GatewayError('upstream.malformed', `${service} sent a transfer coding that is not understood`);
}

export function stalled(service: string): GatewayError {
  return new GatewayError('upstream.stalled', `${service} stopped in the middle of its response`);
}

export function noStatus(service: string): GatewayError {
  return new GatewayError('upstream.malformed', `${service} sent an invalid status`);
}
