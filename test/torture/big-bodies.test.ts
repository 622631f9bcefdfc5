import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { Pattern } from '../support/pattern.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { backend, own } = testResources();

const MIB = 1 << 20;
const FEW = 64 * MIB;
/**
 * The allowed growth of the peak memory with the number of bytes: fixed buffers, and a heap that is not collected at
 * every turn.
 */
const MAX_GROWTH = 64 * MIB;

type Framing = 'with a length' | 'chunked';
type Pace = 'fast' | 'slow';

const pattern = new Pattern();

// A quarter already shows whether bodies are buffered; the whole gibibyte is sent once fast and once slowly.
const CASES: readonly (readonly [text: string, size: number, framing: Framing, pace: Pace])[] = [
  ['1 GiB', 1024 * MIB, 'with a length', 'fast'],
  ['256 MiB', 256 * MIB, 'chunked', 'fast'],
  ['256 MiB', 256 * MIB, 'with a length', 'slow'],
  ['1 GiB', 1024 * MIB, 'chunked', 'slow'],
];

const noProc = existsSync('/proc/self/status') ? undefined : 'no /proc here: the peak of a process is read there';

/** The peak memory of a process in bytes. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

const lengthOf = (size: number, framing: Framing): { 'content-length'?: number } =>
  framing === 'chunked' ? {} : { 'content-length': size };

/** A slow reader pauses again and again until the other end has to wait for it. */
const read = (from: IncomingMessage, pace: Pace): Promise<number | string> =>
  pace === 'slow' ? pattern.readInBursts(from) : pattern.read(from);

/** `/SIZE/FRAMING/PACE`: sends that many bytes, or reads the upload and responds with its size. */
async function response(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, size = '0', framing, pace] = (req.url ?? '').split('/');
  if (req.method === 'POST') {
    res.end(String(await read(req, pace === 'slow' ? 'slow' : 'fast')));
    return;
  }
  res.writeHead(200, lengthOf(Number(size), framing === 'chunked' ? 'chunked' : 'with a length'));
  await pipeline(pattern.bytes(Number(size)), res);
}

describe.each(TRANSPORTS)('over %s', transport => {
  const start = async () => {
    const { url } = await backend((req, res) => void response(req, res));
    const project = own(await createProject(everythingTo(url, transport)));
    const portico = own(startPortico('start', ['--dir', project.dir]));
    const { url: front } = await portico.ready();
    return { front, peak: () => peakOf(portico.child.pid) };
  };

  const agent = new Agent({ keepAlive: false });

  it.skipIf(noProc !== undefined).each(CASES)(
    '%s down (%i bytes), %s, to a %s reader, takes no more memory than 64 MiB do',
    async (_text, much, framing, pace) => {
      const { front, peak } = await start();
      const download = async (size: number): Promise<number | string> => {
        const asked = request(`${front.replace(/\/$/, '')}/${size}/${framing === 'chunked' ? 'chunked' : 'length'}`, {
          agent,
        }).end();
        const [response]: IncomingMessage[] = await once(asked, 'response');
        if (response === undefined) throw new Error('no answer');
        return read(response, pace);
      };
      expect(await download(FEW)).toBe(FEW);
      const before = await peak();
      expect(await download(much)).toBe(much);
      expect((await peak()) - before).toBeLessThan(MAX_GROWTH);
    },
    120_000,
  );

  it.skipIf(noProc !== undefined).each(CASES)(
    '%s up (%i bytes), %s, to a %s reader, takes no more memory than 64 MiB do',
    async (_text, much, framing, pace) => {
      const { front, peak } = await start();
      const upload = async (size: number): Promise<string> => {
        const headers = lengthOf(size, framing);
        const asked = request(`${front.replace(/\/$/, '')}/${size}/up/${pace}`, { agent, method: 'POST', headers });
        const answered = once(asked, 'response');
        await pipeline(pattern.bytes(size), asked);
        const [response]: IncomingMessage[] = await answered;
        return String(await response?.toArray());
      };
      expect(await upload(FEW)).toBe(String(FEW));
      const before = await peak();
      expect(await upload(much)).toBe(String(much));
      expect((await peak()) - before).toBeLessThan(MAX_GROWTH);
    },
    120_000,
  );
});
