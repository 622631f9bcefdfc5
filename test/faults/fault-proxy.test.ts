import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Fault, type FaultPlan, FaultProxy } from '../support/fault-proxy.ts';
import { openRaw } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { scriptedBackend } from '../support/scripted-backend.ts';

const { own } = testResources();

/** What a connection has received and how it ended. */
class Heard {
  text = '';
  end: 'open' | 'ended' | string = 'open';

  constructor(socket: Socket) {
    socket.on('data', data => {
      this.text += String(data);
    });
    socket.on('end', () => {
      this.end = 'ended';
    });
    socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
      this.end = code;
    });
  }
}

/** A proxy before a backend that answers every chunk with `0123456789`, and its client. */
async function between(fault: Fault | FaultPlan, seed?: number) {
  const asked: string[] = [];
  const backend = own(
    await scriptedBackend(socket => {
      socket.on('data', data => {
        asked.push(String(data));
        socket.write('0123456789');
      });
    }),
  );
  const proxy = own(await FaultProxy.start(`http://127.0.0.1:${backend.port}`, seed));
  await proxy.become(fault);
  const connection = async () => {
    const socket = await openRaw(Number(new URL(proxy.url).port), { allowHalfOpen: true });
    own({ [Symbol.asyncDispose]: async () => void socket.destroy() });
    return { socket, heard: new Heard(socket) };
  };
  return { proxy, asked, backend, connection };
}

describe('a network fault', () => {
  it('is off by default, and bytes and connections are counted', async () => {
    const { proxy, connection } = await between({ kind: 'none' });
    const { socket, heard } = await connection();
    socket.write('ask');
    await expect.poll(() => heard.text).toBe('0123456789');
    expect([proxy.connections, proxy.open, proxy.bytes]).toEqual([1, 1, { up: 3, down: 10 }]);
    socket.destroy();
    await expect.poll(() => proxy.open).toBe(0);
  });

  it.each([
    [{ kind: 'hang-up' }, '', 'ECONNRESET', 0],
    [{ kind: 'reset', afterBytes: 0 }, '', 'ECONNRESET', 1],
    [{ kind: 'reset', afterBytes: 4 }, '0123', 'ECONNRESET', 1],
    [{ kind: 'half-close', afterBytes: 4 }, '0123', 'ended', 1],
    [{ kind: 'truncate', afterBytes: 4 }, '0123', 'ended', 1],
  ] as const)('truncates a response: %j', async (fault, text, end, executed) => {
    const { asked, connection } = await between(fault);
    const { socket, heard } = await connection();
    socket.write('ask');
    await expect.poll(() => heard.end).toBe(end);
    expect(heard.text).toBe(text);
    expect(asked).toHaveLength(executed);
  });

  it('keeps reading after a half-close', async () => {
    const { asked, connection } = await between({ kind: 'half-close', afterBytes: 4 });
    const { socket, heard } = await connection();
    socket.write('first');
    await expect.poll(() => heard.end).toBe('ended');
    socket.write('second');
    await expect.poll(() => asked).toEqual(['first', 'second']);
    expect(heard.text).toBe('0123');
  });

  it('hangs in both directions', async () => {
    const { proxy, asked, connection } = await between({ kind: 'blackhole' });
    const { socket, heard } = await connection();
    socket.write('ask');
    await expect.poll(() => proxy.bytes.up).toBe(3);
    expect([heard.text, heard.end, asked]).toEqual(['', 'open', []]);
  });

  it('refuses, resets open connections and listens again on its port', async () => {
    const { proxy, connection } = await between({ kind: 'none' });
    const { heard } = await connection();
    await proxy.become({ kind: 'refuse' });
    await expect.poll(() => heard.end).toBe('ECONNRESET');
    await expect(connection()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.become({ kind: 'none' });
    const again = await connection();
    again.socket.write('ask');
    await expect.poll(() => again.heard.text).toBe('0123456789');
  });

  it('also affects open connections', async () => {
    const { proxy, connection } = await between({ kind: 'none' });
    const { socket, heard } = await connection();
    socket.write('ask');
    await expect.poll(() => heard.text).toBe('0123456789');
    await proxy.become({ kind: 'reset', afterBytes: 2 });
    socket.write('ask');
    await expect.poll(() => heard.end).toBe('ECONNRESET');
    expect(heard.text).toBe('012345678901');
  });

  it.each([
    { kind: 'latency', ms: 60, jitterMs: 30 },
    { kind: 'throttle', bytesPerSecond: 100 },
  ] as const)('delays without loss: %j', async fault => {
    const { proxy, connection } = await between(fault);
    const slow = await connection();
    await proxy.become({ kind: 'none' });
    await proxy.become(number => (number === 0 ? fault : { kind: 'none' }));
    const quick = await connection();
    slow.socket.write('ask');
    quick.socket.write('ask');
    await once(quick.socket, 'data');
    expect(slow.heard.text).not.toBe('0123456789');
    await expect.poll(() => slow.heard.text).toBe('0123456789');
  });

  it('is reproducible with the same seed', async () => {
    const plan: FaultPlan = (_connection, chance) => (chance.happens(0.5) ? { kind: 'hang-up' } : { kind: 'none' });
    const ends = async (): Promise<readonly string[]> => {
      const { connection } = await between(plan, 42);
      const made: Awaited<ReturnType<typeof connection>>[] = [];
      for (let i = 0; i < 12; i++) made.push(await connection());
      for (const { socket } of made) socket.write('ask');
      await expect.poll(() => made.every(({ heard }) => heard.text !== '' || heard.end !== 'open')).toBe(true);
      return made.map(({ heard }) => heard.end);
    };
    const first = await ends();
    expect(new Set(first)).toEqual(new Set(['open', 'ECONNRESET']));
    expect(await ends()).toEqual(first);
  });
});
