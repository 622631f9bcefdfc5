import type { ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** The path in a definition must be the file's own. */
export const checkPath: RouteCheck = ({ file, address, route }) => {
  if (route.path === undefined || route.path.normalize('NFC') === address.pattern) return [];
  return [
    {
      code: 'P107',
      marks: [{ file, spot: { in: 'path' } }],
      message: `the path is ${JSON.stringify(route.path)}, but the file's is "${address.pattern}"`,
      remedy: `write '${address.pattern}', or move the file`,
    },
  ];
};

/** A JSON Schema for params names exactly those of the path. Other kinds of schemas do not expose their names. */
export const checkParams: RouteCheck = ({ file, address, written }) => {
  const named = propertiesOf(written.params);
  if (named === undefined) return [];
  const params = address.segments.flatMap(segment => (segment.kind === 'literal' ? [] : [segment.name]));
  const extra = named.filter(name => !params.includes(name)).map(name => extraParam(file, name, params));
  const missing = params.filter(name => !named.includes(name)).map(name => missingParam(file, name, address.pattern));
  return [...extra, ...missing];
};

function propertiesOf(schema: unknown): readonly string[] | undefined {
  if (typeof schema !== 'object' || schema === null || '~standard' in schema || !('properties' in schema))
    return undefined;
  const { properties } = schema;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : undefined;
}

function extraParam(file: string, name: string, params: readonly string[]): ProblemDraft {
  return {
    code: 'P108',
    marks: [{ file, spot: { in: 'definition', path: ['params', 'properties', name], on: 'key' } }],
    message: `the params schema names "${name}", which the path lacks`,
    remedy: params.length === 0 ? 'remove params: the path has none' : `the path has: ${params.join(', ')}`,
  };
}

function missingParam(file: string, name: string, pattern: string): ProblemDraft {
  return {
    code: 'P108',
    marks: [{ file, spot: { in: 'definition', path: ['params', 'properties'], on: 'key' } }],
    message: `the params schema lacks "${name}" of ${pattern}`,
    remedy: `add ${name} to its properties`,
  };
}
