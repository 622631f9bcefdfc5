import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Reply } from '../../core/reply.ts';
import type { ResponseSanitizer } from '../response-sanitizer/response-sanitizer.ts';
import type { TlsConnectOptions } from './tls-options.ts';

/** What every transport of a service is made of. */
export interface TransportParts {
  /** The service's name, for messages. */
  readonly service: string;
  readonly clock: Clock;
  readonly hygiene: ResponseSanitizer;
  readonly tls: TlsConnectOptions;
  /** The longest head of a response, in bytes. */
  readonly headLimit: number;
}

/** Who waits for the head of a response. */
export interface WaitingBody {
  resolve(reply: Reply | Promise<Reply>): void;
  reject(failure: GatewayError): void;
}
