import { stringifyExactly } from '../core/exact-json.ts';
import { asFailure, type GatewayError } from '../core/failure.ts';
import type { BodySource } from '../core/push-body.ts';
import { PushBody } from '../core/push-body.ts';
import type { Part } from './compiled-part.ts';
import type { Gathering, PartWatch } from './gathering.ts';
import { reasonOf } from './parts-field.ts';
import type { StreamFormat } from './stream-format.ts';

/**
 * The parts of one request as lines, each as soon as its part is known. The last line says whether the response is
 * complete.
 */
export class PartStream implements PartWatch, BodySource {
  readonly body = new PushBody(this, undefined);
  readonly #gathering: Gathering;
  readonly #format: StreamFormat;
  readonly #pending: Map<string, Part>;
  readonly #head = Promise.withResolvers<void>();
  #isOpen = false;

  constructor(gathering: Gathering, parts: ReadonlyMap<string, Part>, format: StreamFormat) {
    this.#gathering = gathering;
    this.#format = format;
    this.#pending = new Map(parts);
  }

  /**
   * Starts the parts. Resolves with the first value, because no failure can have a status of its own from then on.
   * @throws GatewayError for a required part that fails before.
   */
  start(): Promise<void> {
    void this.#run();
    return this.#head.promise;
  }

  async #run(): Promise<void> {
    try {
      await this.#gathering.run([...this.#pending.keys()], this);
      this.#write({ done: true });
      this.#end();
    } catch (thrown) {
      this.fail(asFailure(thrown));
    }
  }

  settled(name: string, value: unknown): void {
    const part = this.#pending.get(name);
    if (part === undefined || this.body.ended !== undefined) return;
    try {
      const { line, items } = this.#lineOf(part, value);
      this.#write(line, items);
      this.#pending.delete(name);
      if ('value' in line) this.#open();
    } catch (thrown) {
      this.#stop(asFailure(thrown), name);
    }
  }

  /** Ends the stream by a failure: before the first value it is the response, and later the last lines say so. */
  fail(failure: GatewayError): void {
    this.#stop(failure, this.#gathering.failed ?? this.#firstRequired());
  }

  #stop(failure: GatewayError, part: string | undefined): void {
    if (this.body.ended !== undefined) return;
    this.#gathering.cancel(failure);
    if (!this.#isOpen) {
      this.body.fail(failure);
      this.#head.reject(failure);
      return;
    }
    const { code, status } = failure;
    this.#write({ part, error: { code, status } });
    this.#write({ done: false });
    // For the log: the response has its end, so nothing else tells of it.
    this.body.failure = failure;
    this.#end();
  }

  #firstRequired(): string | undefined {
    const pending = [...this.#pending.values()];
    return (pending.find(({ definition }) => definition.optional !== true) ?? pending[0])?.name;
  }

  #end(): void {
    this.body.finish();
    this.#open();
  }

  #open(): void {
    this.#isOpen = true;
    this.#head.resolve();
  }

  #lineOf({ name, fanOut }: Part, value: unknown): { readonly line: Line; readonly items: readonly unknown[] } {
    const uses = this.#gathering.fallbacks.filter(({ part }) => part === name);
    const missing = uses.find(({ absent }) => absent === true);
    const absent = missing && reasonOf(missing.reason);
    const fallback = uses.some(use => use.absent !== true) ? { fallback: true } : {};
    if (fanOut !== undefined) {
      const items = value instanceof Map ? [...value] : [];
      return { line: { part: name, value: items, absent, ...fallback }, items: items.map(([, item]) => item) };
    }
    if (absent !== undefined) return { line: { part: name, absent }, items: [] };
    const isSkipped = value === undefined && uses.length === 0 && this.#gathering.responses[name] === undefined;
    if (isSkipped) return { line: { part: name, absent: SKIPPED }, items: [] };
    return { line: { part: name, value: value === undefined ? null : value, ...fallback }, items: [value] };
  }

  /** @param known values within the line that come from JSON. */
  #write(line: object, known: readonly unknown[] = []): void {
    this.body.push(Buffer.from(this.#format.written(stringifyExactly(line, known))));
  }

  // The values are in memory in any case, and no more than those of the parts: a slow client slows no call down.
  pause(): void {}

  resume(): void {}

  abort(reason: GatewayError): void {
    this.#gathering.cancel(reason);
  }
}

interface Line {
  readonly part: string;
  readonly value?: unknown;
  readonly absent?: string | undefined;
}

/** A part that has left itself out. */
const SKIPPED = 'skipped';
