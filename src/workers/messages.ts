import type { RouteRow } from '../admin/route-row.ts';
import type { SessionAnswer } from '../admin/session-answer.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { StartFailure } from '../config-loader/start-failure.ts';
import type { BreakerReading } from '../core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from '../core/explanation.ts';
import type { CircuitHint } from '../core/ports/circuit-hints.ts';
import type { RateQuota, RateVerdict } from '../core/ports/rate-counts.ts';
import type { SessionEnd } from '../core/ports/session-news.ts';
import type { FetchOver } from '../core/ports/sibling-fetches.ts';
import type { ProcessSubject, ProcessViews } from '../core/process-views.ts';
import type { Purge } from '../core/purge.ts';
import type { RequestQuery, RequestView } from '../core/request-view.ts';
import type { SessionListing, SessionsEnded } from '../core/session-listing.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { GenerationOptions } from './generation-history.ts';
import type { ImportedFiles } from './module-recorder.ts';

/** The addresses of a serving gateway. */
export interface Serving {
  /** `http://127.0.0.1:8080` or `unix:/run/portico.sock`. */
  readonly url: string;
  readonly routes: readonly RouteRow[];
  /** What is done with recordings, in a few words. */
  readonly recordings?: string;
}

/** How a gateway drains; see `Gateway.close`. */
export interface DrainOptions {
  readonly graceMs: number;
  readonly idle: 'close' | 'serve';
}

interface PurgeMessage {
  readonly purge: Purge;
  /** See `BusEvent`. */
  readonly relay?: true;
}

/** An entry for another worker, in JSON. */
export interface EncodedEntry {
  readonly key: string;
  readonly base64: string;
}

/** What a worker that waited for the fetch of another one is to do; see `SiblingClaim`. */
export type ClaimSettled =
  | { readonly kind: 'stored'; readonly entries: readonly EncodedEntry[] }
  | { readonly kind: 'unshared' | 'again' | 'alone' };

/** The OpenAPI document of a worker, in JSON, or why it cannot be written. */
export type Description = { readonly document: string } | { readonly failure: string };

export type ToPrimary =
  | { readonly kind: 'portico.serving'; readonly serving: Serving }
  | { readonly kind: 'portico.refused'; readonly failure: StartFailure }
  /** In `dev`, the digests of the schemas that compile. */
  | { readonly kind: 'portico.compiled'; readonly schemas: string }
  | { readonly kind: 'portico.imported'; readonly imported: ImportedFiles }
  | { readonly kind: 'portico.measured'; readonly requestId: number; readonly metrics: MetricsSnapshot }
  | { readonly kind: 'portico.explained'; readonly requestId: number; readonly explanation: Explanation }
  | { readonly kind: 'portico.breakers'; readonly requestId: number; readonly breakers: readonly BreakerReading[] }
  | { readonly kind: 'portico.inspected'; readonly requestId: number; readonly views: Partial<ProcessViews> }
  | { readonly kind: 'portico.requests'; readonly requestId: number; readonly requests: readonly RequestView[] }
  | { readonly kind: 'portico.options'; readonly requestId: number; readonly options: GenerationOptions }
  | { readonly kind: 'portico.described'; readonly requestId: number; readonly description: Description }
  | { readonly kind: 'portico.sessions'; readonly requestId: number; readonly answer: SessionAnswer<SessionListing> }
  | {
      readonly kind: 'portico.sessions-ended';
      readonly requestId: number;
      readonly answer: SessionAnswer<SessionsEnded>;
    }
  | ({ readonly kind: 'portico.purge' } & PurgeMessage)
  | { readonly kind: 'portico.purged'; readonly requestId: number; readonly entries: number }
  | { readonly kind: 'portico.take'; readonly requestId: number; readonly quota: RateQuota; readonly key: string }
  | { readonly kind: 'portico.claim'; readonly requestId: number; readonly key: string }
  | { readonly kind: 'portico.fetched'; readonly claimId: number; readonly result: FetchOver }
  | { readonly kind: 'portico.handed'; readonly claimId: number; readonly entries?: readonly EncodedEntry[] }
  | { readonly kind: 'portico.circuit'; readonly hint: CircuitHint }
  | { readonly kind: 'portico.session-ended'; readonly end: SessionEnd }
  | { readonly kind: 'portico.retired' }
  | { readonly kind: 'portico.drained'; readonly metrics: MetricsSnapshot };

export type ToWorker =
  | { readonly kind: 'portico.measure'; readonly requestId: number }
  | { readonly kind: 'portico.explain'; readonly requestId: number; readonly query: ExplainQuery }
  | { readonly kind: 'portico.list-breakers'; readonly requestId: number }
  | { readonly kind: 'portico.inspect'; readonly requestId: number; readonly subject: ProcessSubject }
  | { readonly kind: 'portico.list-requests'; readonly requestId: number; readonly query: RequestQuery }
  | { readonly kind: 'portico.list-options'; readonly requestId: number; readonly key: string }
  | { readonly kind: 'portico.describe'; readonly requestId: number }
  | { readonly kind: 'portico.list-sessions'; readonly requestId: number; readonly query: SessionQuery }
  | { readonly kind: 'portico.end-sessions'; readonly requestId: number; readonly command: SessionCommand }
  | { readonly kind: 'portico.breaker'; readonly command: BreakerCommand }
  | { readonly kind: 'portico.taken'; readonly requestId: number; readonly verdict: RateVerdict }
  /** Without a number another worker fetches, and `portico.settled` follows. */
  | { readonly kind: 'portico.claimed'; readonly requestId: number; readonly claimId?: number }
  | { readonly kind: 'portico.settled'; readonly requestId: number; readonly found: ClaimSettled }
  | { readonly kind: 'portico.hand-over'; readonly claimId: number }
  | { readonly kind: 'portico.circuit'; readonly hint: CircuitHint }
  | { readonly kind: 'portico.session-ended'; readonly end: SessionEnd }
  | { readonly kind: 'portico.retire' }
  | ({ readonly kind: 'portico.purge' } & PurgeMessage)
  | { readonly kind: 'portico.count-purged'; readonly requestId: number; readonly purge: Purge }
  | { readonly kind: 'portico.drain'; readonly drainOptions: DrainOptions }
  | { readonly kind: 'portico.leave' };

/** A team's own code may use the same channel. */
export function isOurs(message: unknown): message is ToPrimary | ToWorker {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    typeof message.kind === 'string' &&
    message.kind.startsWith('portico.')
  );
}
