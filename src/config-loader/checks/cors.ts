import { correctOrigin, isOrigin } from '../../config/cors.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** The rules of a route together with those of its folders. */
export const checkCors: RouteCheck = ({ file, written, merged }) => {
  if (merged.cors === undefined || merged.cors === false) return [];
  const own = corsDrafts(file, written.cors);
  // What a folder says wrong is reported there.
  if (own.length > 0 || written.cors === undefined || written.cors === false) return [...own, ...missing(file, merged)];
  return [...missing(file, merged), ...openDrafts(file, merged.cors)];
};

function missing(file: string, { cors }: { readonly cors?: unknown }): readonly ProblemDraft[] {
  if (listOf(cors, 'origins').length > 0) return [];
  return [
    {
      code: 'P151',
      marks: [option(file, ['cors'])],
      message: '`cors` has no `origins`, so no page may do anything',
      remedy: "write origins: ['https://app.example'], or remove `cors`",
    },
  ];
}

/** The mistakes of one file's own rules. */
export function corsDrafts(file: string, cors: unknown): readonly ProblemDraft[] {
  const listed = listOf(cors, 'origins');
  const wrong = listed.flatMap((text, i): readonly ProblemDraft[] => {
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
  return [...wrong, ...openDrafts(file, cors)];
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
