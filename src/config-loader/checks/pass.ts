import type { LoadedPart } from '../../config/loaded-route.ts';
import { namesOf, type Pass, passedNames, passMistake, uncoveredNames } from '../../config/pass.ts';
import type { Service } from '../../config/service.ts';
import { fixedServiceOf } from '../call-target.ts';
import { didYouMean } from '../nearest.ts';
import { type NamedService, option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';
import { standIn } from '../stand-in.ts';

/** What parts get of the client's request. */
export const checkPass: RouteCheck = ({ file, written, merged }) =>
  Object.entries(written.aggregate ?? {}).flatMap(([name, part]) => {
    const path = ['aggregate', name];
    const service = serviceOf(part);
    return [
      ...passDrafts(file, part.pass, [...path, 'pass']),
      ...(service === undefined ? [] : unknownNames(file, path, part, service)),
      ...uncovered(file, path, part, { service, composite: merged.cache || undefined }),
    ];
  });

/** The mistakes in the names themselves. */
export function passDrafts(
  file: string,
  pass: unknown,
  path: readonly string[],
  service?: NamedService,
): readonly ProblemDraft[] {
  return headersIn(pass).flatMap((name, i): readonly ProblemDraft[] => {
    const mistake = passMistake(name);
    if (mistake === undefined) return [];
    return [
      {
        code: 'P122',
        marks: [option(file, [...path, 'headers', String(i)], 'value', service)],
        message: mistake,
        remedy: "name other headers of the client, and its cookies: { headers: ['authorization'], cookies: ['sid'] }",
      },
    ];
  });
}

function headersIn(pass: unknown): readonly string[] {
  if (typeof pass !== 'object' || pass === null || !('headers' in pass) || !Array.isArray(pass.headers)) return [];
  const names: readonly unknown[] = pass.headers;
  return names.filter(name => typeof name === 'string');
}

/** The service of a part. A function is called with values that stand for those of any request. */
function serviceOf({ from, batch, each }: LoadedPart): Service | undefined {
  try {
    if (batch !== undefined) return fixedServiceOf(batch.from(standIn(), ['x'], standIn()));
    if (typeof from !== 'function') return fixedServiceOf(from);
    return fixedServiceOf(from(standIn(), each === undefined ? standIn() : 'x', standIn()));
  } catch {
    // What it needs of the request is unknown, and a part that gets too much fails at its first request.
    return undefined;
  }
}

function unknownNames(
  file: string,
  path: readonly string[],
  { pass }: LoadedPart,
  service: Service,
): readonly ProblemDraft[] {
  const given = passOf(service);
  if (pass === undefined || pass === false || given === undefined) return [];
  const { headers, cookies } = namesOf(given);
  const unknown = (kind: keyof Pass, name: string, i: number, known: ReadonlySet<string>): readonly ProblemDraft[] =>
    known.has(name) || (kind === 'headers' && passMistake(name) !== undefined)
      ? []
      : [
          {
            code: 'P148',
            marks: [option(file, [...path, 'pass', kind, String(i)])],
            message: `${service.serviceName} passes no ${kind === 'headers' ? 'header' : 'cookie'} "${name}" to its parts`,
            remedy: `${didYouMean(name, [...known])}add it to the pass of the service, or remove it here`,
          },
        ];
  return [
    ...(pass.headers ?? []).flatMap((name, i) => unknown('headers', name.toLowerCase(), i, headers)),
    ...(pass.cookies ?? []).flatMap((name, i) => unknown('cookies', name, i, cookies)),
  ];
}

function uncovered(
  file: string,
  path: readonly string[],
  { cache, pass, batch }: LoadedPart,
  { service, composite }: { readonly service: Service | undefined; readonly composite: LoadedPart['cache'] },
): readonly ProblemDraft[] {
  // Without its service, what a part names itself is all that it may get.
  const given = service === undefined ? pass : passOf(service);
  const names = uncoveredNames(passedNames(given, pass), {
    own: cache || undefined,
    composite: composite || undefined,
  });
  if (names.length === 0) return [];
  const from = service === undefined ? '' : ` from ${service.serviceName}`;
  const by = cache ? 'its key' : 'the key of its aggregate';
  return [
    {
      code: 'P147',
      marks: [
        pass === undefined || pass === false
          ? option(file, [...path, ...(batch === undefined ? ['from'] : ['batch', 'from'])], 'key')
          : option(file, [...path, 'pass'], 'key'),
      ],
      message: `a stored response${from} is for all clients, but the part gets ${names.join(', ')}, which ${by} does not cover`,
      remedy: "add headers to cache.vary, write scope: 'user' with a guard, or narrow the part: pass: { headers: [] }",
    },
  ];
}

/** The names of a service; undefined for a list of another type, which is a problem of its own. */
function passOf({ options }: Service): Pass | false | undefined {
  const pass: unknown = options?.pass;
  if (typeof pass !== 'object' || pass === null) return false;
  const areNames = Object.values(pass).every(
    list => Array.isArray(list) && list.every(name => typeof name === 'string'),
  );
  return areNames ? pass : undefined;
}
