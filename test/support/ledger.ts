import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** The field in which a request carries its number, from the client to whoever executes it. */
const LEDGER_FIELD = 'x-ledger';

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  /** 0 where there was none, or one that broke off. */
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** What broke, where something did. */
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
 * What was asked, how often it was executed and what was answered: kept at the client and at the backends, by the
 * request's number.
 */
export class Ledger implements AsyncDisposable {
  readonly #lines: Line[] = [];
  readonly #agent = new Agent({ keepAlive: true });

  /** Asks, and keeps what came of it. */
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

  /** A backend in this process has executed a request; one without a number was sent by somebody else. */
  executed({ headers }: IncomingMessage): void {
    const number = headers[LEDGER_FIELD];
    if (typeof number === 'string') this.#count(number);
  }

  /** The numbers of those that a backend elsewhere has executed. */
  read(numbers: readonly string[]): void {
    for (const number of numbers) this.#count(number);
  }

  get responses(): readonly (Answer | undefined)[] {
    return this.#lines.map(({ response }) => response);
  }

  /** How often each status came; a broken answer counts as 0. */
  get statuses(): Readonly<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const response of this.responses) {
      const status = response?.status ?? 0;
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  /** What may be asked twice and was not answered with success nevertheless. */
  get failedIdempotent(): readonly string[] {
    return this.#lines
      .filter(({ method, response }) => IDEMPOTENT.has(method) && !isSuccess(response))
      .map(({ what, response }) => `${what}: ${response?.broken ?? response?.status} ${response?.body}`);
  }

  /** What must never be executed twice and was. */
  get executedTwice(): readonly string[] {
    return this.#lines
      .filter(({ method, executed }) => !IDEMPOTENT.has(method) && executed > 1)
      .map(({ what }) => what);
  }

  /** What was answered with success though no backend has executed it. */
  get answeredUnexecuted(): readonly string[] {
    return this.#lines
      .filter(({ executed, response }) => isSuccess(response) && executed === 0)
      .map(({ what }) => what);
  }

  /** How often a request was executed, on the average. */
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
