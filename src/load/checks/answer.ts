import type { AnswerKind } from '../../define/loaded.ts';
import { ANSWERS, answersWith, canHave } from '../answers.ts';
import { type Draft, option } from '../draft.ts';

type Written = Readonly<Record<string, unknown>>;

export function answersIn(definition: Written): readonly AnswerKind[] {
  return ANSWERS.filter(answer => definition[answer] !== undefined);
}

/** Exactly one answer, and no option that it cannot have. */
export function checkAnswer(file: string, definition: Written, method: string | undefined): readonly Draft[] {
  const answers = answersIn(definition);
  const [answer, ...others] = answers;
  if (answer === undefined) return definition.reply === undefined ? [noAnswer(file)] : [replyAlone(file)];
  if (others.length > 0) return [twoAnswers(file, answer, others)];
  const misplaced = Object.keys(definition).filter(name => isSaid(definition[name]) && !canHave(answer, name));
  return [
    ...misplaced.map(name => (name === 'reply' ? replyAlone(file) : cannotHave(file, answer, name))),
    ...(answer === 'aggregate' && definition.reply === undefined ? [noReply(file)] : []),
    ...(method === undefined || method === 'GET' ? [] : neverUpgrades(file, definition)),
  ];
}

// Switching off what cannot be there anyway is true.
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function noAnswer(file: string): Draft {
  return {
    code: 'P120',
    marks: [option(file, [])],
    message: `choose one of: ${ANSWERS.join(', ')}`,
    remedy: 'say who answers: a route has exactly one answer',
  };
}

function twoAnswers(file: string, first: AnswerKind, others: readonly AnswerKind[]): Draft {
  const marks = others.map(answer => ({
    ...option(file, [answer], 'key'),
    note: answer === 'handler' ? 'remove this, or make it `fallback`' : 'remove this',
  }));
  return {
    code: 'P120',
    marks: [option(file, [first], 'key'), ...marks],
    message: `choose one of: ${[first, ...others].join(', ')}`,
    remedy: 'a route has exactly one answer: keep one, or write two files',
  };
}

function noReply(file: string): Draft {
  return {
    code: 'P124',
    marks: [option(file, ['aggregate'], 'key')],
    message: '`aggregate` without `reply`',
    remedy: 'add reply: parts => ({ … }), which makes one answer of the parts',
  };
}

function replyAlone(file: string): Draft {
  return {
    code: 'P124',
    marks: [option(file, ['reply'], 'key')],
    message: '`reply` without `aggregate`',
    remedy: 'remove it, or add aggregate: { … }, whose parts it makes one answer of',
  };
}

function cannotHave(file: string, answer: AnswerKind, name: string): Draft {
  const atParts = answer === 'aggregate' && OF_PARTS.has(name);
  return {
    code: 'P124',
    marks: [option(file, [name], 'key')],
    message: `\`${answer}\` cannot have \`${name}\``,
    remedy: atParts ? `move it to the parts: each of them may have ${name}` : `remove it; it goes with ${listed(name)}`,
  };
}

/** What each call of an aggregation has for itself. */
const OF_PARTS: ReadonlySet<string> = new Set(['breaker', 'retry', 'hedge', 'priority', 'headers']);

function neverUpgrades(file: string, definition: Written): readonly Draft[] {
  const names = ['upgrade', 'origins'].filter(name => isSaid(definition[name]));
  return names.map(name => ({
    code: 'P124',
    marks: [option(file, [name], 'key')],
    message: `\`${name}\` is about WebSocket, which begins with a GET`,
    remedy: 'remove it, or move it to the file that answers GET',
  }));
}

function listed(name: string): string {
  return answersWith(name).join(', ');
}
