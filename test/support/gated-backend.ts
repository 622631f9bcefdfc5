import type { IncomingMessage, ServerResponse } from 'node:http';
import { startBackend } from './backend.ts';

interface Gate {
  readonly arrived: PromiseWithResolvers<void>;
  readonly left: PromiseWithResolvers<void>;
  readonly response: PromiseWithResolvers<readonly [status: number, text: string]>;
}

export interface GatedBackend extends AsyncDisposable {
  readonly url: string;
  /** Lets the requests for a path have this response, now and later. */
  respond(path: string, value: unknown, status?: number): void;
  /** Resolves when a request for the path is there. */
  arrived(path: string): Promise<void>;
  /** Resolves when the connection of such a request was closed before its response. */
  left(path: string): Promise<void>;
}

/** A backend whose paths respond when the test allows it. Text is sent as it is, any other value as JSON. */
export async function startGatedBackend(): Promise<GatedBackend> {
  const gates = new Map<string, Gate>();
  const gate = (path: string): Gate => {
    const known = gates.get(path) ?? {
      arrived: Promise.withResolvers(),
      left: Promise.withResolvers(),
      response: Promise.withResolvers(),
    };
    gates.set(path, known);
    return known;
  };
  const listener = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { arrived, left, response } = gate(req.url ?? '');
    res.on('close', () => {
      if (!res.writableFinished) left.resolve();
    });
    arrived.resolve();
    const [status, text] = await response.promise;
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
  };
  const backend = await startBackend((req, res) => void listener(req, res));
  return {
    url: backend.url,
    respond: (path, value, status = 200) =>
      gate(path).response.resolve([status, typeof value === 'string' ? value : JSON.stringify(value)]),
    arrived: path => gate(path).arrived.promise,
    left: path => gate(path).left.promise,
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}
