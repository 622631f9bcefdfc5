import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeptResponses } from '../../src/recordings/kept-responses.ts';
import type { RecordedResponse, RecordedTake } from '../../src/recordings/recorded-response.ts';
import { ReplayOrder } from '../../src/recordings/replay-order.ts';

const text = (value: string): RecordedResponse => ({ status: 200, headers: [], body: { text: value } });

interface Sent {
  readonly id: string;
  readonly method: string;
  readonly response: RecordedResponse;
}

/** Records requests to one service in their order; the responses arrive in another one. */
function recorded(sent: readonly Sent[]): Map<string, readonly RecordedTake[]> {
  const kept = new Map<string, KeptResponses>();
  let writes = 0;
  const places = sent.map(({ method }, order) => ({ order, position: method === 'GET' ? writes : writes++ }));
  for (const [i, { id, method, response }] of [...sent.entries()].reverse()) {
    const responses = kept.get(id) ?? new KeptResponses(method);
    kept.set(id, responses);
    const place = places[i];
    if (place !== undefined) responses.add(place, response);
  }
  return new Map([...kept].map(([id, responses]) => [id, responses.takes()]));
}

function replayed(
  sent: readonly Sent[],
  takes: ReadonlyMap<string, readonly RecordedTake[]>,
  order = new ReplayOrder(),
) {
  return sent.map(({ id, method }) => order.next(id, 'cart', method, takes.get(id) ?? []));
}

/** A backend with a counter that writes add to; some of its reads change by themselves. */
const requests = fc
  .array(fc.constantFrom('GET cart', 'GET total', 'GET clock', 'POST item', 'DELETE item'), { maxLength: 30 })
  .map(ids => {
    let count = 0;
    return ids.map((id, i): Sent => {
      const method = id.split(' ', 1)[0] ?? '';
      if (method !== 'GET') count++;
      const value = id === 'GET clock' ? `tick ${i >> 1}` : id === 'DELETE item' ? 'gone' : `${id} ${count}`;
      return { id, method, response: text(value) };
    });
  });

describe('the order of a replay', () => {
  it('is that of the recording, for the same requests in the same order', () => {
    fc.assert(
      fc.property(requests, sent => {
        expect(replayed(sent, recorded(sent))).toEqual(sent.map(({ response }) => response));
      }),
    );
  });

  const cart = (value: string): Sent => ({ id: 'GET cart', method: 'GET', response: text(value) });
  const add = (value: string): Sent => ({ id: 'POST item', method: 'POST', response: text(value) });
  const shopping = [cart('empty'), add('one'), cart('one'), add('two'), cart('two')];
  const bodies = (responses: readonly (RecordedResponse | undefined)[]) =>
    responses.map(response =>
      response?.body !== undefined && 'text' in response.body ? response.body.text : undefined,
    );

  it('repeats a read until the next write', () => {
    const sent = [cart(''), cart(''), cart(''), add(''), cart(''), cart('')];
    expect(bodies(replayed(sent, recorded(shopping)))).toEqual(['empty', 'empty', 'empty', 'one', 'one', 'one']);
  });

  it('gives a read that was first recorded later its first response', () => {
    const later = [add('one'), cart('one')];
    expect(bodies(replayed([cart('')], recorded(later)))).toEqual(['one']);
  });

  it('skips to a write that was recorded later', () => {
    const other: Sent = { id: 'DELETE item', method: 'DELETE', response: text('none') };
    const takes = recorded([...shopping, other, cart('none')]);
    expect(bodies(replayed([cart(''), other, cart('')], takes))).toEqual(['empty', 'none', 'none']);
  });

  it('stays at the last state for more writes than were recorded', () => {
    const sent = [add(''), add(''), add(''), cart('')];
    expect(bodies(replayed(sent, recorded(shopping)))).toEqual(['one', 'two', 'two', 'two']);
  });

  it('does not go back for a write that has no later response', () => {
    const write = (id: string): Sent => ({ id: `POST ${id}`, method: 'POST', response: text(id) });
    const takes = recorded([cart('empty'), write('a'), cart('a'), write('b'), cart('a and b')]);
    const sent = [write('a'), write('b'), cart(''), write('a'), cart('')];
    expect(bodies(replayed(sent, takes))).toEqual(['a', 'b', 'a and b', 'a', 'a and b']);
  });

  it('keeps the positions of services apart', () => {
    const takes = recorded(shopping);
    const order = new ReplayOrder();
    order.next('other', 'stock', 'POST', takes.get('POST item') ?? []);
    expect(bodies(replayed([cart('')], takes, order))).toEqual(['empty']);
  });

  it('has equal neighbours once', () => {
    const takes = recorded([cart('a'), cart('a'), add('x'), cart('a'), add('x'), cart('b'), cart('b')]);
    expect(takes.get('GET cart')).toEqual([
      { position: 0, response: text('a') },
      { position: 2, response: text('b') },
    ]);
    expect(takes.get('POST item')).toEqual([{ position: [0, 1], response: text('x') }]);
  });

  it('holds a limited number of different responses', () => {
    const kept = new KeptResponses('GET');
    const added = Array.from({ length: 120 }, (_, i) => kept.add({ order: i, position: 0 }, text(String(i))));
    expect(added.filter(Boolean)).toHaveLength(100);
    expect(kept.takes()).toHaveLength(100);
  });
});
