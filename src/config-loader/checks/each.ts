import type { LoadedPart } from '../../config/loaded-route.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** The call of a part: one `from`, or with `each` one for an id or for several. */
export const checkEach: RouteCheck = ({ file, route, written }) =>
  Object.entries(written.aggregate ?? {}).flatMap(([name, part]) => {
    if (hasInvalidOption(route.definition.aggregate, name, part)) return [];
    const mistake = callMistake(name, part) ?? fanOutMistake(name, part);
    if (mistake === undefined) return [];
    const { at, ...text } = mistake;
    return [{ code: 'P149', marks: [option(file, ['aggregate', name, ...at], 'key')], ...text }];
  });

/** Whether an option was left out because it has a mistake of its own, which is in the report already. */
function hasInvalidOption(written: unknown, name: string, part: LoadedPart): boolean {
  const given: object = Object(Reflect.get(Object(written), name));
  return Object.keys(given).some(option => !Object.hasOwn(part, option));
}

interface CallMistake extends Pick<ProblemDraft, 'message' | 'remedy'> {
  readonly at: readonly string[];
}

const TWO_WAYS =
  'write each with batch: { from: (c, ids) => …, by: item => item.id, max: 50 }, or with from: (c, id) => … and concurrency: 8';

function callMistake(name: string, { from, each, batch }: LoadedPart): CallMistake | undefined {
  if (from !== undefined && batch !== undefined) {
    return { at: ['batch'], message: `part "${name}" has two calls, from and batch.from`, remedy: TWO_WAYS };
  }
  if (from !== undefined || batch !== undefined) return undefined;
  const remedy =
    each === undefined ? "add from: catalog('/items/[id]'), or a function of c that returns a call" : TWO_WAYS;
  return { at: [], message: `part "${name}" has no call`, remedy };
}

function fanOutMistake(name: string, { from, each, batch, concurrency, cache }: LoadedPart): CallMistake | undefined {
  if (each === undefined) {
    const at = batch !== undefined ? 'batch' : concurrency !== undefined ? 'concurrency' : undefined;
    return at && { at: [at], message: `part "${name}" has ${at}, but no each that returns ids`, remedy: TWO_WAYS };
  }
  if (batch !== undefined && cache && cache.query !== undefined) {
    const message = `part "${name}" is stored without parameters that its batch sends, so one client's would count for all`;
    return {
      at: ['cache', 'query'],
      message,
      remedy: 'remove query, and leave those parameters out of the call of batch.from',
    };
  }
  if (from === undefined) return undefined;
  if (typeof from !== 'function') {
    return { at: ['from'], message: `part "${name}" makes the same call for each id`, remedy: TWO_WAYS };
  }
  if (concurrency !== undefined) return undefined;
  return { at: ['each'], message: `part "${name}" has no limit of concurrent calls`, remedy: TWO_WAYS };
}
