import { nearest } from '../nearest.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** The keywords of JSON Schema 2020-12: core, applicators, validation, format, content and annotations. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `$schema $id $ref $defs $anchor $dynamicRef $dynamicAnchor $vocabulary $comment definitions
  type enum const format title description default examples deprecated readOnly writeOnly
  allOf anyOf oneOf not if then else dependentSchemas dependentRequired
  properties patternProperties additionalProperties propertyNames unevaluatedProperties required minProperties
  maxProperties prefixItems items contains unevaluatedItems minItems maxItems uniqueItems minContains maxContains
  minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
  contentEncoding contentMediaType contentSchema`.split(/\s+/),
);

/** Keywords of OpenAPI, for shared schemas. */
const OF_OPENAPI: ReadonlySet<string> = new Set(['example', 'nullable', 'discriminator', 'xml', 'externalDocs']);

const MIN_LENGTH = 4;
/** Up to this length the edit distance may be one, above it two, so that custom keywords do not match. */
const SHORT = 6;
const MAX_DEPTH = 32;

/**
 * An unknown keyword has no effect (JSON Schema 2020-12, 4.3.1); one similar to a known keyword is probably a
 * misspelling.
 */
export const checkSchemaKeywords: RouteCheck = ({ file, written }) => {
  const { params, query, body, response } = written;
  const schemas: (readonly [path: readonly string[], schema: unknown])[] = [
    ...Object.entries({ params, query, body, response }).map(([name, schema]) => [[name], schema] as const),
    ...Object.entries(written.aggregate ?? {}).map(
      ([name, part]) => [['aggregate', name, 'response'], part.response] as const,
    ),
  ];
  return schemas.flatMap(([path, schema]) =>
    misspelledIn(schema, 0).map(
      ({ word, meant, below }): ProblemDraft => ({
        code: 'P146',
        marks: [option(file, [...path, ...below, word], 'key')],
        message: `JSON Schema has no keyword "${word}"`,
        remedy: `write "${meant}"`,
      }),
    ),
  );
};

interface Misspelled {
  readonly word: string;
  readonly meant: string;
  readonly below: readonly string[];
}

function misspelledIn(schema: unknown, depth: number): readonly Misspelled[] {
  if (!isPlain(schema) || '~standard' in schema || depth > MAX_DEPTH) return [];
  return Object.entries(schema).flatMap(([word, value]): readonly Misspelled[] => {
    if (NAMED.has(word)) return isPlain(value) ? below(word, value, depth) : [];
    if (NESTED.has(word)) return inside(misspelledIn(value, depth + 1), [word]);
    if (LISTED.has(word) && Array.isArray(value)) {
      return value.flatMap((each, i) => inside(misspelledIn(each, depth + 1), [word, String(i)]));
    }
    const meant = meantBy(word);
    return meant === undefined ? [] : [{ word, meant, below: [] }];
  });
}

/** Keywords that map custom names to schemas. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
]);
const NESTED: ReadonlySet<string> = new Set(
  'not if then else additionalProperties propertyNames unevaluatedProperties items contains unevaluatedItems contentSchema'.split(
    ' ',
  ),
);
const LISTED: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

function below(word: string, schemas: object, depth: number): readonly Misspelled[] {
  return Object.entries(schemas).flatMap(([name, schema]) => inside(misspelledIn(schema, depth + 1), [word, name]));
}

function inside(found: readonly Misspelled[], path: readonly string[]): readonly Misspelled[] {
  return found.map(each => ({ ...each, below: [...path, ...each.below] }));
}

function meantBy(word: string): string | undefined {
  if (KEYWORDS.has(word) || OF_OPENAPI.has(word) || word.length < MIN_LENGTH || word.startsWith('x-')) return undefined;
  return nearest(word, [...KEYWORDS], word.length > SHORT ? 2 : 1);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
