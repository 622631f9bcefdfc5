import { isSafe } from '../core/safe-method.ts';
import { positionsOf, type RecordedResponse, type RecordedTake } from './recorded-response.ts';

interface PositionedResponse {
  readonly position: number;
  readonly response: RecordedResponse;
}

/** Where the reads of one request are: the nth response of a position. */
interface ReadPlace {
  readonly position: number;
  readonly index: number;
}

/**
 * Chooses among the recorded responses to a request. Each service has a position, the number of writes so far, as in
 * the recording. A write gets its first response from there on, and moves the position behind it; if there is none, it
 * gets its last one, and the position stays: a state never goes back. A read gets the responses of the last position at
 * or before it, one after the other; the last of them is repeated.
 */
export class ReplayOrder {
  readonly #positions = new Map<string, number>();
  readonly #reads = new Map<string, ReadPlace>();

  /** @param id of the request. */
  next(id: string, service: string, method: string, takes: readonly RecordedTake[]): RecordedResponse | undefined {
    const placed = takes.flatMap(take => positionsOf(take).map(position => ({ position, response: take.response })));
    return isSafe(method) ? this.#read(id, service, placed) : this.#write(service, placed);
  }

  #write(service: string, placed: readonly PositionedResponse[]): RecordedResponse | undefined {
    const from = this.#positions.get(service) ?? 0;
    const later = placed.filter(({ position }) => position >= from);
    // Without one, the recording has no state behind this write, and its last one is shown again.
    const chosen = later.length > 0 ? least(later) : placed.at(-1);
    if (chosen !== undefined) this.#positions.set(service, Math.max(from, chosen.position + 1));
    return chosen?.response;
  }

  #read(id: string, service: string, placed: readonly PositionedResponse[]): RecordedResponse | undefined {
    const at = this.#positions.get(service) ?? 0;
    const reached = placed.filter(({ position }) => position <= at).map(({ position }) => position);
    const position = reached.length > 0 ? Math.max(...reached) : least(placed)?.position;
    const choices = placed.filter(each => each.position === position);
    const last = this.#reads.get(id);
    const isNext = last !== undefined && last.position === position;
    const index = isNext ? Math.min(last.index + 1, choices.length - 1) : 0;
    if (position !== undefined) this.#reads.set(id, { position, index });
    return choices[index]?.response;
  }
}

function least(placed: readonly PositionedResponse[]): PositionedResponse | undefined {
  return placed.reduce<PositionedResponse | undefined>(
    (first, each) => (first === undefined || each.position < first.position ? each : first),
    undefined,
  );
}
