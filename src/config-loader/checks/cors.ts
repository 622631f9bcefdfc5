import { correctOrigin, isOrigin } from '../../config/cors.ts';
import { type MergedPolicy, mergePolicy } from '../merge.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** `cors` of one file, and where it is. */
export interface CorsLevel {
  readonly file: string;
  readonly cors: unknown;
}

export const checkCors: RouteCheck = ({ file, written }) => corsDrafts(file, written.cors);

/**
 * The mistakes of files together, each at the file where it arises and once.
 * @param routes the files of each route, from the outermost folder to the route itself.
 */
export function checkMergedCors(routes: readonly (readonly CorsLevel[])[]): readonly ProblemDraft[] {
  const drafts = routes.flatMap(levels => [...openTogether(levels), ...withoutOrigins(levels)]);
  return [...new Map(drafts.map(draft => [`${draft.marks[0].file} ${draft.message}`, draft])).values()];
}

function openTogether(levels: readonly CorsLevel[]): readonly ProblemDraft[] {
  let merged: MergedPolicy;
  return levels.flatMap(({ file, cors }) => {
    const wasOpen = openDrafts(file, merged).length > 0;
    merged = mergePolicy(merged, cors as MergedPolicy);
    return wasOpen ? [] : openDrafts(file, merged);
  });
}

function withoutOrigins(levels: readonly CorsLevel[]): readonly ProblemDraft[] {
  const merged = levels.map(({ cors }) => cors as MergedPolicy).reduce(mergePolicy, undefined);
  const nearest = levels.findLast(({ cors }) => typeof cors === 'object');
  if (!merged || nearest === undefined || listOf(merged, 'origins').length > 0) return [];
  return [
    {
      code: 'P151',
      marks: [option(nearest.file, ['cors'])],
      message: '`cors` has no `origins`, so no page may do anything',
      remedy: "write origins: ['https://app.example'], or remove `cors`",
    },
  ];
}

/** The mistakes of one file's own rules. */
export function corsDrafts(file: string, cors: unknown): readonly ProblemDraft[] {
  const listed = listOf(cors, 'origins');
  return listed.flatMap((text, i): readonly ProblemDraft[] => {
    if (isOrigin(text)) return [];
    const correct = correctOrigin(text);
    return [
      {
        code: 'P151',
        marks: [option(file, ['cors', 'origins', String(i)])],
        message: `no browser sends the origin "${text}"`,
        remedy:
          correct === undefined
            ? "an origin is a scheme, a host and perhaps a port: 'https://app.example', or 'https://*.example.com'"
            : `write '${correct}'`,
      },
    ];
  });
}

/** Rules that would let a page of anybody act for a user, or that browsers ignore. */
function openDrafts(file: string, cors: unknown): readonly ProblemDraft[] {
  if (typeof cors !== 'object' || cors === null || !('credentials' in cors) || cors.credentials !== true) return [];
  const open = listOf(cors, 'origins').find(text => text === '*' || text === 'null');
  const drafts: ProblemDraft[] = [];
  if (open !== undefined) {
    drafts.push({
      code: 'P152',
      marks: [option(file, ['cors', 'credentials'])],
      message: `with the origin "${open}" every page on the web could act with a visitor's cookies`,
      remedy: "name the origins: origins: ['https://app.example'], or remove `credentials`",
    });
  }
  for (const name of ['allowedHeaders', 'exposedHeaders']) {
    const at = listOf(cors, name).indexOf('*');
    if (at < 0) continue;
    drafts.push({
      code: 'P152',
      marks: [option(file, ['cors', name, String(at)])],
      message: `with credentials browsers take "*" in \`${name}\` for the name of a header`,
      remedy: name === 'allowedHeaders' ? 'remove the option: all headers are allowed then' : 'name the headers',
    });
  }
  return drafts;
}

function listOf(cors: unknown, name: string): readonly string[] {
  if (typeof cors !== 'object' || cors === null) return [];
  const list: unknown = Reflect.get(cors, name);
  return Array.isArray(list) ? list.filter(text => typeof text === 'string') : [];
}
