import type { Clock } from '../core/ports/clock.ts';
import type { Journal } from '../core/ports/journal.ts';
import type { OpenJournal } from '../core/ports/observer.ts';

/**
 * The journal of a request for the Server-Timing header: the results of cache, breaker and fallback, and the duration
 * of each part.
 */
export class ServerTimingJournal implements OpenJournal {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #notes = new Map<string, string>();
  readonly #parts: PartJournal[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  note(key: string, value: string): void {
    this.#notes.set(key, value);
  }

  child(name: string): Journal {
    const part = new PartJournal(name, this.#clock, this);
    this.#parts.push(part);
    return part;
  }

  end(): void {}

  serverTiming(): string {
    const entries = [...this.#notes].map(([key, value]) => `${key};desc=${quoted(value)}`);
    for (const part of this.#parts) entries.push(part.entry());
    entries.push(`total;dur=${this.#clock.now() - this.#startedAt}`);
    return entries.join(', ');
  }
}

class PartJournal implements Journal {
  readonly #name: string;
  readonly #whole: Journal;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #notes = new Map<string, string>();
  #endedAt: number | undefined;

  constructor(name: string, clock: Clock, whole: Journal) {
    this.#name = name;
    this.#whole = whole;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  note(key: string, value: string): void {
    this.#notes.set(key, value);
    if (OF_THE_SERVICE.has(key)) this.#whole.note(key, value);
  }

  child(): Journal {
    return this;
  }

  end(): void {
    this.#endedAt ??= this.#clock.now();
  }

  entry(): string {
    const duration = (this.#endedAt ?? this.#clock.now()) - this.#startedAt;
    return `part.${this.#name};dur=${duration};desc=${quoted(this.#outcome())}`;
  }

  #outcome(): string {
    if (this.#notes.has('optional')) return `optional: ${this.#notes.get('failed') ?? 'left out'}`;
    const fallback = this.#notes.get('fallback');
    if (fallback !== undefined) return `fallback: ${fallback}`;
    return this.#notes.get('failed') ?? this.#notes.get('cache') ?? 'ok';
  }
}

/** A part has one entry, so the entries of its service are left out. */
const OF_THE_SERVICE: ReadonlySet<string> = new Set(['sent', 'targets', 'limit', 'retry', 'hedge']);

// RFC 9110 §5.6.4: a description is a quoted string.
function quoted(text: string): string {
  return `"${text.replaceAll(/[^\t\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}
