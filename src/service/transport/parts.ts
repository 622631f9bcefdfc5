import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Reply } from '../../core/reply.ts';
import type { ResponseSanitizer } from '../response-sanitizer/response-sanitizer.ts';
import type { TlsConnectOptions } from './tls-options.ts';

/** The components of a service's transports. */
export interface TransportParts {
  /** The service's name for messages. */
  readonly service: string;
  readonly clock: Clock;
  readonly hygiene: ResponseSanitizer;
  readonly tls: TlsConnectOptions;
  /** Maximum size of response headers in bytes. */
  readonly headLimit: number;
}

/** Waits for the headers of a response. */
export interface WaitingBody {
  resolve(reply: Reply | Promise<Reply>): void;
  reject(failure: GatewayError): void;
}
