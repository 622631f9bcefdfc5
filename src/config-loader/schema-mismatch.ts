import type { SchemaMismatch } from '../config/schema.ts';
import { didYouMean } from './nearest.ts';
import type { Code } from './problem-codes.ts';
import { type NamedService, option, type ProblemDraft } from './problem-draft.ts';
import { optionAdvice } from './renamed-options.ts';

/** The owner of a definition: a file, or one service in it. */
export interface MismatchSubject {
  readonly file: string;
  readonly service?: NamedService;
}

// Values with a unit: a mismatch is nearly always a wrong unit.
const UNITS: Readonly<Record<string, string>> = {
  duration: "write a number and its unit, without a space: '800ms', '30s', '5m', '1h' or '7d'",
  percentage: "write a share from '1%' to '100%': '50%'",
  size: "write a number and its unit, without a space: '512B', '64KB', '256MB' or '2GB'",
};

/** Describes a mismatch between a definition and its schema. */
export function mismatchDraft(subject: MismatchSubject, mismatch: SchemaMismatch): ProblemDraft {
  if (typeof mismatch.params.additionalProperty === 'string') {
    return unknownOption(subject, mismatch, mismatch.params.additionalProperty);
  }
  if (typeof mismatch.params.missingProperty === 'string') {
    return missingOption(subject, mismatch, mismatch.params.missingProperty);
  }
  return wrongValue(subject, mismatch);
}

function unknownOption(
  { file, service }: MismatchSubject,
  { path, expected }: SchemaMismatch,
  name: string,
): ProblemDraft {
  const known = Object.keys(expected.properties ?? {});
  return {
    code: 'P121',
    marks: [option(file, [...path, name], 'key', service)],
    message: `unknown option "${name}"${path.length === 0 ? '' : ` in ${path.join('.')}`}`,
    remedy: optionAdvice([...path, name]) ?? `${didYouMean(name, known)}remove it; known: ${known.join(', ')}`,
  };
}

function missingOption(
  { file, service }: MismatchSubject,
  { path, expected }: SchemaMismatch,
  name: string,
): ProblemDraft {
  const missing: unknown = expected.properties?.[name];
  const example = exampleOf(missing);
  return {
    code: isTargets(service, [...path, name]) ? 'P129' : 'P122',
    marks: [option(file, path, 'key', service)],
    message: `${nameOf(path, service)} lacks "${name}"`,
    remedy: `add ${name}${example === undefined ? '' : `: ${example}`}`,
  };
}

function wrongValue(
  { file, service }: MismatchSubject,
  { path, expected, value, rule, keyword }: SchemaMismatch,
): ProblemDraft {
  const title = typeof expected.title === 'string' ? expected.title : 'something else';
  const unit = unitOf(rule, title, value);
  const example = keyword === 'minProperties' ? undefined : exampleOf(expected);
  return {
    code: codeOf(unit, isTargets(service, path)),
    marks: [option(file, path, 'value', service)],
    message: `${nameOf(path, service)} must be ${title}, not ${shown(value)}`,
    remedy:
      unit === undefined ? `write ${example === undefined ? title : labelled(path, example)}` : (UNITS[unit] ?? ''),
  };
}

function labelled(path: readonly string[], example: string): string {
  const name = path.at(-1);
  return name === undefined || /^\d+$/.test(name) ? example : `${name}: ${example}`;
}

function codeOf(unit: string | undefined, targets: boolean): Code {
  if (unit !== undefined) return 'P123';
  return targets ? 'P129' : 'P122';
}

function unitOf(rule: string, title: string, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const [, unit] =
    /\/(duration|percentage|size)\/\w+$/.exec(rule) ?? /^an? (duration|percentage|size)\b/.exec(title) ?? [];
  return unit;
}

function isTargets(service: NamedService | undefined, path: readonly string[]): boolean {
  return service !== undefined && path[0] === 'targets';
}

function exampleOf(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || !('examples' in schema)) return undefined;
  const [first]: readonly unknown[] = Array.isArray(schema.examples) ? schema.examples : [];
  return typeof first === 'string' ? first : undefined;
}

function nameOf(path: readonly string[], service: NamedService | undefined): string {
  if (path.length > 0) return `"${path.join('.')}"`;
  return service === undefined ? 'the definition' : `service "${service.name}"`;
}

const MAX_VALUE = 40;

function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
