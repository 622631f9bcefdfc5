import type { RouteAuth } from '../../config/auth.ts';
import { correctOrigin, isOrigin } from '../../config/cors.ts';
import type { CsrfRules } from '../../config/csrf.ts';
import type { GatewayOptions } from '../../config/gateway.ts';
import { takesSession } from '../../config/session-auth.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** What the files of a route say, from the gateway's and the outermost folder to the route itself. */
export type CsrfLevels = readonly {
  readonly file: string;
  readonly options: { readonly csrf?: CsrfRules; readonly auth?: RouteAuth };
}[];

export const checkCsrf: RouteCheck = ({ file, written }) => csrfDrafts(file, written.csrf);

/** The mistakes of one file's own rules. */
export function csrfDrafts(file: string, csrf: CsrfRules): readonly ProblemDraft[] {
  const origins = csrf ? (csrf.origins ?? []) : [];
  return origins.flatMap((text, i): readonly ProblemDraft[] => {
    const remedy = originRemedy(text);
    if (remedy === undefined) return [];
    const message = isOrigin(text)
      ? `with the origin "${text}" every page on the web could act with a visitor's cookies`
      : `no browser sends the origin "${text}"`;
    return [{ code: 'P158', marks: [option(file, ['csrf', 'origins', String(i)])], message, remedy }];
  });
}

function originRemedy(text: string): string | undefined {
  if (text === '*' || text === 'null') return "name the origins: origins: ['https://admin.example']";
  if (isOrigin(text)) return undefined;
  const correct = correctOrigin(text);
  if (correct !== undefined) return `write '${correct}'`;
  return "an origin is a scheme, a host and perhaps a port: 'https://admin.example', or 'https://*.example.com'";
}

/**
 * Whether `csrf: false` opens a route to which users come by their session, each at the file that says so and once.
 * @param routes those that may change something.
 */
export function checkUnexplainedCsrf(
  { session }: GatewayOptions,
  routes: readonly CsrfLevels[],
): readonly ProblemDraft[] {
  if (session === undefined) return [];
  const drafts = routes.filter(isForSessions).flatMap(openedBy);
  return [...new Map(drafts.map(draft => [draft.marks[0].file, draft])).values()];
}

function isForSessions(levels: CsrfLevels): boolean {
  const written = levels.map(({ options: { auth } }) => auth);
  const applying = written.slice(written.lastIndexOf(false) + 1).filter(auth => auth !== undefined);
  return applying.length > 0 && takesSession(applying.filter(auth => typeof auth === 'object'));
}

function openedBy(levels: CsrfLevels): readonly ProblemDraft[] {
  const nearest = levels.findLast(({ options: { csrf } }) => csrf !== undefined);
  if (nearest?.options.csrf !== false) return [];
  const { file } = nearest;
  const route = levels.at(-1)?.file ?? file;
  const where = route === file ? 'this route' : `\`${route}\``;
  return [
    {
      code: 'P157',
      marks: [option(file, ['csrf'])],
      message: `\`csrf: false\` without a reason: any page on the web could use ${where} with a visitor's session`,
      remedy: "write what else protects it: csrf: { off: '…why…' }, or remove it",
    },
  ];
}
