import type { AnswerKind } from '../define/loaded.ts';

export const ANSWERS: readonly AnswerKind[] = ['proxy', 'aggregate', 'handler', 'static', 'redirect'];

const READ: readonly string[] = ['compress', 'cache', 'timeout', 'fallback', 'purges', 'response', 'encodedSlashes'];

// Which option an answer can have. What stands in no row (guard, params, query, body) every route can have.
const HAS: Readonly<Record<AnswerKind, readonly string[]>> = {
  proxy: [...READ, 'breaker', 'retry', 'hedge', 'priority', 'headers', 'upgrade', 'origins'],
  aggregate: [...READ, 'reply'],
  handler: READ,
  static: ['compress'],
  redirect: [],
};

/** Every option that only some answers can have. */
const SOME_ANSWERS: ReadonlySet<string> = new Set(Object.values(HAS).flat());

export function canHave(answer: AnswerKind, option: string): boolean {
  return !SOME_ANSWERS.has(option) || HAS[answer].includes(option);
}

/** The answers that can have an option. */
export function answersWith(option: string): readonly AnswerKind[] {
  return ANSWERS.filter(answer => canHave(answer, option));
}

const UNSAFE: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** RFC 9110 §9.2.1, for the methods that a file's suffix can name. */
export function isUnsafe(method: string | undefined): boolean {
  return method !== undefined && UNSAFE.has(method);
}
