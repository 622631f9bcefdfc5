import { createHash } from 'node:crypto';
import { isSafe } from '../core/safe-method.ts';
import { positionsOf, type RecordedResponse, type RecordedTake } from './recorded-response.ts';

/** One response with its place in the recording. */
interface KeptResponse {
  /** The number of its request among all: responses may arrive in another order. */
  readonly order: number;
  readonly position: number;
  readonly response: RecordedResponse;
  /** The same for equal responses. */
  readonly hash: string;
}

/** Different responses to one request; later ones are dropped. */
const MAX_RESPONSES = 100;

/** The responses to one request in the order in which it was sent. */
export class KeptResponses {
  readonly #isRead: boolean;
  readonly #kept: KeptResponse[] = [];
  readonly #byHash = new Map<string, RecordedResponse>();

  constructor(method: string) {
    this.#isRead = isSafe(method);
  }

  /** @returns false if there are too many different ones. */
  add({ order, position }: Pick<KeptResponse, 'order' | 'position'>, response: RecordedResponse): boolean {
    const hash = createHash('sha256').update(JSON.stringify(response)).digest('base64');
    const known = this.#byHash.get(hash);
    if (known === undefined && this.#byHash.size >= MAX_RESPONSES) return false;
    if (known === undefined) this.#byHash.set(hash, response);
    this.#kept.push({ order, position, response: known ?? response, hash });
    this.#kept.sort((a, b) => a.order - b.order);
    return true;
  }

  /** Equal neighbours once, with the position of each. What a replay would find without it is left out. */
  takes(): readonly RecordedTake[] {
    const takes: RecordedTake[] = [];
    for (const { position, response } of this.#isRead ? shortened(this.#kept) : this.#kept) {
      const last = takes.at(-1);
      // Equal responses are one object.
      if (last?.response === response)
        takes[takes.length - 1] = { ...last, position: [...positionsOf(last), position] };
      else takes.push({ position, response });
    }
    return takes;
  }
}

/**
 * Without reads that change nothing: a replay repeats the last response of a position, and goes on with it where the
 * next position has no other.
 */
function shortened(kept: readonly KeptResponse[]): readonly KeptResponse[] {
  const groups = [...Map.groupBy(kept, ({ position }) => position).values()].map(withoutRepeatedEnd);
  let before: KeptResponse | undefined;
  return groups.flatMap(group => {
    const [first] = group;
    const isRepeated = group.length === 1 && before !== undefined && first?.hash === before.hash;
    if (isRepeated) return [];
    before = group.at(-1);
    return group;
  });
}

function withoutRepeatedEnd(group: readonly KeptResponse[]): readonly KeptResponse[] {
  const last = group.at(-1);
  let end = group.length;
  while (end > 1 && group[end - 2]?.hash === last?.hash) end--;
  return group.slice(0, end);
}
