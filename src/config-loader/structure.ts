import { type SchemaMismatch, structureCompiler } from '../config/schema.ts';
import { follows, ownSchemas, type StructureKind } from './own-schemas.ts';
import type { ProblemDraft } from './problem-draft.ts';
import { type MismatchSubject, mismatchDraft } from './schema-mismatch.ts';

let explain: ReturnType<typeof structureCompiler> | undefined;

/** Validates a definition against Portico's own schemas: at most one mismatch for each option. */
export function checkStructure(kind: StructureKind, value: unknown): readonly SchemaMismatch[] {
  const given = withoutUndefined(value);
  if (follows(kind, given)) return [];
  explain ??= structureCompiler(ownSchemas());
  return chosen(explain(`${kind}.schema.json`)(given));
}

export function structureDrafts(
  subject: MismatchSubject,
  mismatches: readonly SchemaMismatch[],
): readonly ProblemDraft[] {
  return mismatches.map(mismatch => mismatchDraft(subject, mismatch));
}

/** `cache: undefined` means the same as no `cache`. */
function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

/**
 * Each alternative of a choice reports mistakes. For an object that clearly means the object alternative the inner
 * mistakes are kept, for anything else the choice itself is reported.
 */
function chosen(mismatches: readonly SchemaMismatch[]): readonly SchemaMismatch[] {
  const choices = mismatches.filter(({ keyword }) => keyword === 'anyOf').sort((a, b) => a.path.length - b.path.length);
  let left = mismatches;
  for (const choice of choices) {
    if (!left.includes(choice)) continue;
    const outside = left.filter(({ path }) => !isBelow(path, choice.path) && !isSame(path, choice.path));
    const inside = left.filter(mismatch => speaksOfInside(mismatch, choice));
    left = [...outside, ...(inside.length > 0 ? inside : [choice])];
  }
  return left;
}

function speaksOfInside(mismatch: SchemaMismatch, choice: SchemaMismatch): boolean {
  if (typeof choice.value !== 'object' || choice.value === null) return false;
  if (isBelow(mismatch.path, choice.path)) return true;
  return isSame(mismatch.path, choice.path) && ['additionalProperties', 'required'].includes(mismatch.keyword);
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && above.every((step, i) => path[i] === step);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((step, i) => b[i] === step);
}
