import type { RouteKind } from '../../config/loaded-route.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import { canHave, kindsThatCanHave, ROUTE_KINDS } from '../route-kinds.ts';

type WrittenKind = Readonly<Record<string, unknown>>;

export function routeKindsIn(definition: WrittenKind): readonly RouteKind[] {
  return ROUTE_KINDS.filter(kind => definition[kind] !== undefined);
}

/** A route has exactly one source of its response, and no option that this kind cannot have. */
export function checkRouteKind(
  file: string,
  definition: WrittenKind,
  method: string | undefined,
): readonly ProblemDraft[] {
  const kinds = routeKindsIn(definition);
  const [kind, ...others] = kinds;
  if (kind === undefined) return definition.reply === undefined ? [noKind(file)] : [replyAlone(file)];
  if (others.length > 0) return [twoKinds(file, kind, others)];
  const misplaced = Object.keys(definition).filter(name => isSaid(definition[name]) && !canHave(kind, name));
  return [
    ...misplaced.map(name => (name === 'reply' ? replyAlone(file) : cannotHave(file, kind, name))),
    ...(kind === 'aggregate' && definition.reply === undefined ? [noReply(file)] : []),
    ...(method === undefined || method === 'GET' ? [] : neverUpgrades(file, definition)),
  ];
}

// `false` for an impossible option is harmless.
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function noKind(file: string): ProblemDraft {
  return {
    code: 'P120',
    marks: [option(file, [])],
    message: 'the route has no kind',
    remedy: `declare what it does, by one of: ${ROUTE_KINDS.join(', ')}`,
  };
}

function twoKinds(file: string, first: RouteKind, others: readonly RouteKind[]): ProblemDraft {
  const marks = others.map(kind => ({
    ...option(file, [kind], 'key'),
    note: kind === 'handler' ? 'remove this, or make it `fallback`' : 'remove this',
  }));
  return {
    code: 'P120',
    marks: [option(file, [first], 'key'), ...marks],
    message: `choose one of: ${[first, ...others].join(', ')}`,
    remedy: 'a route has exactly one kind: keep one, or write two files',
  };
}

function noReply(file: string): ProblemDraft {
  return {
    code: 'P124',
    marks: [option(file, ['aggregate'], 'key')],
    message: '`aggregate` without `reply`',
    remedy: 'add reply: parts => ({ … }), which makes one response of the parts',
  };
}

function replyAlone(file: string): ProblemDraft {
  return {
    code: 'P124',
    marks: [option(file, ['reply'], 'key')],
    message: '`reply` without `aggregate`',
    remedy: 'remove it, or add aggregate: { … }, whose parts it makes one response of',
  };
}

function cannotHave(file: string, kind: RouteKind, name: string): ProblemDraft {
  const atParts = kind === 'aggregate' && OF_PARTS.has(name);
  return {
    code: 'P124',
    marks: [option(file, [name], 'key')],
    message: `\`${kind}\` cannot have \`${name}\``,
    remedy: atParts ? `move it to the parts: each of them may have ${name}` : `remove it; it goes with ${listed(name)}`,
  };
}

/** The options of each call of an aggregate. */
const OF_PARTS: ReadonlySet<string> = new Set(['breaker', 'retry', 'hedge', 'priority', 'headers']);

function neverUpgrades(file: string, definition: WrittenKind): readonly ProblemDraft[] {
  const names = ['upgrade', 'allowedOrigins'].filter(name => isSaid(definition[name]));
  return names.map(name => ({
    code: 'P124',
    marks: [option(file, [name], 'key')],
    message: `\`${name}\` is about WebSocket, which begins with a GET`,
    remedy: 'remove it, or move it to the file for GET',
  }));
}

function listed(name: string): string {
  return kindsThatCanHave(name).join(', ');
}
