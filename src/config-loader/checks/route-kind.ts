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
    ...(kind === 'aggregate' && lacksReply(definition) ? [noReply(file)] : []),
    ...neverUsed(file, kind, definition, method),
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

function lacksReply({ reply, stream }: WrittenKind): boolean {
  return reply === undefined && stream !== true;
}

function noReply(file: string): ProblemDraft {
  return {
    code: 'P124',
    marks: [option(file, ['aggregate'], 'key')],
    message: '`aggregate` without `reply`',
    remedy: 'add reply: parts => ({ … }), which makes one response of the parts, or stream: true',
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

/** An upgrade begins with a GET of a proxy; origins are those of pages that open one, or that send a form. */
function neverUsed(
  file: string,
  kind: RouteKind,
  { upgrade, allowedOrigins, body }: WrittenKind,
  method: string | undefined,
): readonly ProblemDraft[] {
  if (kind === 'proxy' && (method === undefined || method === 'GET')) return [];
  const never = (name: string, about: string, remedy: string): ProblemDraft => ({
    code: 'P124',
    marks: [option(file, [name], 'key')],
    message: `\`${name}\` is about ${about}`,
    remedy,
  });
  const isUpgradeMisplaced = kind === 'proxy' && isSaid(upgrade);
  const areOriginsUnused = canHave(kind, 'allowedOrigins') && isSaid(allowedOrigins) && body === undefined;
  return [
    ...(isUpgradeMisplaced
      ? [never('upgrade', 'WebSocket, which begins with a GET', 'remove it, or move it to the file for GET')]
      : []),
    ...(areOriginsUnused
      ? [
          never(
            'allowedOrigins',
            'WebSocket, which begins with a GET, and forms',
            'remove it, or move it to the file for GET, or declare the `body` that forms send',
          ),
        ]
      : []),
  ];
}

function listed(name: string): string {
  return kindsThatCanHave(name).join(', ');
}
