import type { GatewayError } from '../core/failure.ts';
import type { TierNews } from '../core/ports/cache-tier.ts';
import type { Drift } from '../core/ports/drift.ts';
import type { Leak } from '../core/ports/leaks.ts';
import type { LookupNews } from '../core/ports/name-resolver.ts';
import type { DescribeThrown } from '../core/ports/thrown.ts';
import type { WithheldFields } from '../core/ports/withheld-fields.ts';
import { driftMessage, type GatewayLog, lookupMessage, tierMessage, withheldMessage } from './log.ts';
import { LogOutput } from './log-output.ts';
import type { RequestRecord } from './record/request-record.ts';

/** Their messages are on stderr already, also where a part is left out of a response. */
const SAID: ReadonlySet<string> = new Set(['replay.not_recorded']);

const LEVELS = ['info', 'warn', 'error', 'silent'];

/**
 * The log for a developer's terminal: a line for each request, and the thrown error with its position below a failed
 * one.
 */
export class DevLog implements GatewayLog {
  readonly #output = new LogOutput();
  readonly #level: number;
  readonly #describe: DescribeThrown;

  /** @param level as `LOG_LEVEL`: `info` writes every request, `warn` failed ones, `silent` nothing. */
  constructor(level: string, describe: DescribeThrown) {
    this.#level = LEVELS.indexOf(level);
    this.#describe = describe;
  }

  finished({ method, status, durationMs, path, route, failure, fallbacks = [] }: RequestRecord): void {
    const used = fallbacks.map(({ part, reason }) => `fallback${part === undefined ? '' : ` of ${part}`} (${reason})`);
    const isFailed = failure !== undefined && failure.blame !== 'client';
    if (this.#level > (isFailed ? LEVELS.indexOf('error') : used.length > 0 ? LEVELS.indexOf('warn') : 0)) return;
    const said = failure === undefined ? used : [failureText(failure), ...used];
    const took = `${Math.round(durationMs)} ms`.padStart(8);
    const line = [`${method.padEnd(7)} ${status} ${took}  ${path}`, route !== path && route, ...said];
    this.#write(line.filter(text => typeof text === 'string').join('  '));
    if (failure?.cause === undefined) return;
    for (const [i, { message, at, frame }] of this.#describe(failure.cause).entries()) {
      this.#write(`  ${i === 0 ? '' : 'caused by '}${message}${at === undefined ? '' : `  ${at}`}`);
      if (frame !== undefined) this.#write(frame);
    }
  }

  leaked({ service, path }: Leak): void {
    this.#note(`${service} named the address of a backend in its response to ${path}`);
  }

  lookup(news: LookupNews): void {
    this.#note(`${news.service}: ${lookupMessage(news)}`);
  }

  tier(news: TierNews): void {
    this.#note(`${tierMessage(news)} (${news.tier}: ${news.why})`);
  }

  withheld(news: WithheldFields): void {
    this.#note(withheldMessage(news));
  }

  drifted(drift: Drift): void {
    this.#note(driftMessage(drift));
  }

  #note(text: string): void {
    if (this.#level <= LEVELS.indexOf('warn')) this.#write(text);
  }

  #write(text: string): void {
    this.#output.write(`${text}\n`);
  }
}

function failureText({ code, message }: GatewayError): string {
  return SAID.has(code) ? code : `${code}: ${message}`;
}
