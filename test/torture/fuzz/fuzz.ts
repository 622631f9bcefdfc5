import { connect } from 'node:net';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { everythingTo, type TransportName } from '../../support/transports.ts';
import { isAmong, judge } from './judge.ts';
import { RecordingBackend } from './recording-backend.ts';
import { type Reading, type ReadRequest, readRequests, valuesOf } from './reference.ts';
import { type FuzzCase, fuzzCase } from './requests.ts';

export interface FuzzRun {
  readonly seed: number;
  readonly count: number;
  readonly transport: TransportName;
}

export interface FuzzResult {
  /** The number of requests that reached a backend. */
  readonly delivered: number;
  readonly findings: readonly string[];
}

const LANES = 16;

// A connection whose bytes end within a message waits rightly; the test closes it after this time.
const PATIENCE_MS = 40;
const HANGS_MS = 20_000;

/** Sends the cases of a seed, a few connections at a time, and reports the failures. */
export async function fuzz({ seed, count, transport }: FuzzRun): Promise<FuzzResult> {
  let index = 0;
  const next = (): FuzzCase | undefined => (index < count ? fuzzCase(seed, index++) : undefined);
  const results = await Promise.all(Array.from({ length: LANES }, () => lane(next, transport)));
  return {
    delivered: results.reduce((sum, { delivered }) => sum + delivered, 0),
    findings: results.flatMap(({ findings }) => findings),
  };
}

/** A gateway and a backend of its own, so that every arriving request belongs to the current case. */
async function lane(next: () => FuzzCase | undefined, transport: TransportName): Promise<FuzzResult> {
  await using backend = await RecordingBackend.start();
  await using gateway = await startGateway(everythingTo(backend.url, transport));
  const findings: string[] = [];
  const readings = new Map<string, Reading>();
  let delivered = 0;
  for (let one = next(); one !== undefined; one = next()) {
    const reading = readRequests(one.bytes);
    readings.set(one.id, reading);
    const end = await send(gateway, one, reading.end === 'within' ? PATIENCE_MS : HANGS_MS);
    const { seen, broken } = backend.take();
    delivered += seen.length;
    const byCase = Map.groupBy(seen, request => (isAmong(request, reading) ? one.id : caseOf(request, readings)));
    const judged = [...byCase].flatMap(([id, requests]) => judge(requests, readings.get(id ?? one.id) ?? reading));
    const wrong = [...judged, ...broken.map(bytes => `no request: ${JSON.stringify(bytes)}`)];
    if (end === 'hangs' && reading.end !== 'within') wrong.push('neither answered to the end nor closed');
    if (end === 'silent') wrong.push('closed without an answer');
    findings.push(...wrong.map(text => `case ${one.id}: ${text}\n  ${JSON.stringify(one.bytes)}`));
  }
  return { delivered, findings };
}

/** A request that its client aborted may arrive during the next case. */
function caseOf(request: ReadRequest, readings: ReadonlyMap<string, Reading>): string | undefined {
  return valuesOf(request, 'x-case').find(id => readings.has(id));
}

function send(
  { port }: TestGateway,
  { bytes, cut }: FuzzCase,
  patienceMs: number,
): Promise<'closed' | 'silent' | 'hangs'> {
  return new Promise(resolve => {
    let answered = false;
    let gaveUp = false;
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes.slice(0, cut), 'latin1');
      if (cut !== undefined) setImmediate(() => socket.write(bytes.slice(cut), 'latin1'));
    });
    const timer = setTimeout(() => {
      gaveUp = true;
      socket.destroy();
    }, patienceMs);
    socket.on('data', () => {
      answered = true;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      if (gaveUp) resolve('hangs');
      else resolve(answered ? 'closed' : 'silent');
    });
  });
}
