import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** The field with the number of a request, from the client to the backend that executes it. */
const LEDGER_FIELD = 'x-ledger';

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  /** 0 without a response or for a truncated one. */
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** The error, if there was one. */
  readonly broken: string | undefined;
}

interface Line {
  readonly what: string;
  readonly method: string;
  /** How often backends have executed it. */
  executed: number;
  response: Answer | undefined;
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/**
 * Counts by request number how often a request was sent, executed and responded to, at the client and at the backends.
 */
export class Ledger implements AsyncDisposable {
  readonly #lines: Line[] = [];
  readonly #agent = new Agent({ keepAlive: true });

  /** Sends a request and records its result. */
  async ask(url: string, request: Question = {}): Promise<Answer> {
    const { method = 'GET' } = request;
    const number = this.#lines.length;
    const line: Line = {
      what: `${method} ${new URL(url).pathname} (${number})`,
      method,
      executed: 0,
      response: undefined,
    };
    this.#lines.push(line);
    line.response = await respondTo(url, { agent: this.#agent, number, request });
    return line.response;
  }

  /** Records a request that a backend in this process has executed; one without a number has another source. */
  executed({ headers }: IncomingMessage): void {
    const number = headers[LEDGER_FIELD];
    if (typeof number === 'string') this.#count(number);
  }

  /** The request numbers that a backend in another process has executed. */
  read(numbers: readonly string[]): void {
    for (const number of numbers) this.#count(number);
  }

  get responses(): readonly (Answer | undefined)[] {
    return this.#lines.map(({ response }) => response);
  }

  /** How often each status came; a truncated response counts as 0. */
  get statuses(): Readonly<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const response of this.responses) {
      const status = response?.status ?? 0;
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  /** Idempotent requests without a successful response. */
  get failedIdempotent(): readonly string[] {
    return this.#lines
      .filter(({ method, response }) => IDEMPOTENT.has(method) && !isSuccess(response))
      .map(({ what, response }) => `${what}: ${response?.broken ?? response?.status} ${response?.body}`);
  }

  /** Requests that may not be executed twice and were. */
  get executedTwice(): readonly string[] {
    return this.#lines
      .filter(({ method, executed }) => !IDEMPOTENT.has(method) && executed > 1)
      .map(({ what }) => what);
  }

  /** Requests with a successful response that no backend has executed. */
  get answeredUnexecuted(): readonly string[] {
    return this.#lines
      .filter(({ executed, response }) => isSuccess(response) && executed === 0)
      .map(({ what }) => what);
  }

  /** The average number of executions per request. */
  get attemptsPerRequest(): number {
    return this.#lines.reduce((sum, { executed }) => sum + executed, 0) / this.#lines.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
  }

  #count(number: string): void {
    const line = this.#lines[Number(number)];
    if (line === undefined) throw new RangeError(`nobody sent a request of the number ${number}`);
    line.executed++;
  }
}

function isSuccess(response: Answer | undefined): boolean {
  return response !== undefined && response.status >= 200 && response.status < 300;
}

interface Asking {
  readonly agent: Agent;
  readonly number: number;
  readonly request: Question;
}

async function respondTo(url: string, { agent, number, request }: Asking): Promise<Answer> {
  const { method = 'GET', headers, body } = request;
  let head: IncomingMessage | undefined;
  try {
    head = await new Promise<IncomingMessage>((resolve, reject) => {
      const fields = { ...headers, [LEDGER_FIELD]: String(number) };
      httpRequest(url, { agent, method, headers: fields }, resolve).once('error', reject).end(body);
    });
    return { status: head.statusCode ?? 0, body: await text(head), headers: head.headers, broken: undefined };
  } catch (error) {
    const broken = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
    return { status: 0, body: '', headers: head?.headers ?? {}, broken };
  }
}
