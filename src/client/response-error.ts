/** One mistake of an input, by JSON pointer. */
export interface ProblemEntry {
  readonly pointer: string;
  readonly detail: string;
}

/** The body of a failure (RFC 9457), as the gateway sends it. */
export interface ResponseProblem {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly instance?: string;
  /** The gateway's code: `upstream.timeout`. */
  readonly code?: string;
  readonly requestId?: string;
  readonly errors?: readonly ProblemEntry[];
  readonly [member: string]: unknown;
}

/** A response with a status that is no success. Its body is read if it is a problem, and unread otherwise. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly status: number;
  readonly problem: ResponseProblem | undefined;
  readonly response: Response;

  constructor(key: string, response: Response, problem: ResponseProblem | undefined) {
    const words = [problem?.title, problem?.detail].filter(text => typeof text === 'string');
    super(`${key} responded ${response.status}${words.length === 0 ? '' : `: ${words.join(': ')}`}`);
    this.status = response.status;
    this.problem = problem;
    this.response = response;
  }

  /** @param key the route, as it was called. */
  static async of(key: string, response: Response): Promise<ResponseError> {
    return new ResponseError(key, response, await problemIn(response));
  }
}

async function problemIn(response: Response): Promise<ResponseProblem | undefined> {
  if (!/^application\/problem\+json\b/i.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    const problem: unknown = await response.json();
    return isProblem(problem) ? problem : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(value: unknown): value is ResponseProblem {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
