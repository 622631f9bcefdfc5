import { patternParams } from '../../config/path-pattern.ts';
import { splitUrl } from '../../config/url-service.ts';
import type { Address } from '../address.ts';
import { patternOf } from '../call-target.ts';
import { didYouMean } from '../nearest.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** Each name in a pattern is a param of the route. */
export const checkPatterns: RouteCheck = ({ file, address, written }) => {
  const { redirect } = written;
  const isLong = typeof redirect === 'object';
  const patterns = [
    { path: ['proxy'], pattern: patternOf(written.proxy) },
    { path: isLong ? ['redirect', 'to'] : ['redirect'], pattern: patternOf(isLong ? redirect.to : redirect) },
    ...Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
      path: ['aggregate', name, 'from'],
      pattern: patternOf(part.from),
    })),
  ];
  return patterns.flatMap(({ path, pattern }) =>
    pattern === undefined
      ? []
      : patternMistakes(pattern, address).map(said => ({ ...said, marks: [option(file, path)] })),
  );
};

type Said = Omit<ProblemDraft, 'marks'>;

function patternMistakes(pattern: string, address: Address): readonly Said[] {
  const params = address.segments.flatMap(segment => (segment.kind === 'literal' ? [] : [segment.name]));
  const unknown = patternParams(pattern).filter(name => !params.includes(name));
  return [
    ...(isBalanced(pattern) ? [] : [misshapen(pattern)]),
    ...unknown.map(
      (name): Said => ({
        code: 'P126',
        message: `the pattern "${pattern}" names "${name}", which ${address.pattern} lacks`,
        remedy: `${didYouMean(name, params)}name a param of the route: ${params.join(', ') || 'it has none'}`,
      }),
    ),
  ];
}

function isBalanced(pattern: string): boolean {
  return !/[[\]]/.test(pattern.replaceAll(/\[\[[^[\]]+\]\]|\[[^[\]]+\]/g, ''));
}

function misshapen(pattern: string): Said {
  return {
    code: 'P126',
    message: `the pattern "${pattern}" has unbalanced brackets`,
    remedy: "write a param of the route in brackets: '/items/[id]'",
  };
}

/** The pattern of a service call is a path, and a string as proxy is a URL. */
export const checkTargets: RouteCheck = ({ file, written }) => {
  const { proxy } = written;
  if (typeof proxy === 'string') return isUrl(proxy) ? [] : [noUrl(file, proxy)];
  const parts = Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
    path: ['aggregate', name, 'from'],
    of: part.from,
  }));
  return [{ path: ['proxy'], of: proxy }, ...parts].flatMap(({ path, of }): readonly ProblemDraft[] => {
    const pattern = patternOf(of);
    if (pattern === undefined || pattern.startsWith('/')) return [];
    return [
      {
        code: 'P126',
        marks: [option(file, path)],
        message: `the pattern "${pattern}" is no path`,
        remedy: `begin it with a slash: '/${pattern}'`,
      },
    ];
  });
};

function isUrl(text: string): boolean {
  try {
    return URL.canParse(splitUrl(text).origin);
  } catch {
    return false;
  }
}

function noUrl(file: string, text: string): ProblemDraft {
  return {
    code: 'P129',
    marks: [option(file, ['proxy'])],
    message: `${JSON.stringify(text)} is no http:// or https:// address`,
    remedy: "write one, such as 'http://127.0.0.1:4001', or import a service from '#services'",
  };
}
