import { readFileSync } from 'node:fs';
import { compileStructure, type Misfit } from '../define/schema.ts';
import type { Draft } from './draft.ts';
import { misfitDraft, type Subject } from './misfit.ts';

type Kind = 'route' | 'service' | 'defaults' | 'gateway';

const compiled = new Map<Kind, (value: unknown) => readonly Misfit[]>();

/** What Portico's own schemas say about a definition: at most one misfit for each option. */
export function checkStructure(kind: Kind, value: unknown): readonly Misfit[] {
  const check = compiled.get(kind) ?? compileStructure(`${kind}.schema.json`, [schemaFile('policy'), schemaFile(kind)]);
  compiled.set(kind, check);
  return chosen(check(withoutUndefined(value)));
}

export function structureDrafts(subject: Subject, misfits: readonly Misfit[]): readonly Draft[] {
  return misfits.map(misfit => misfitDraft(subject, misfit));
}

// Two folders below the package's root, from src/load and from dist/load alike.
function schemaFile(name: string): object {
  const url = new URL(`../../schemas/portico/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** `cache: undefined` says as little as no `cache`. */
function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

/**
 * Where a value may be one of several things, every one of them complains. An object that was meant as the object among them is told
 * what is wrong inside; anything else is told the choice.
 */
function chosen(misfits: readonly Misfit[]): readonly Misfit[] {
  const choices = misfits.filter(({ keyword }) => keyword === 'anyOf').sort((a, b) => a.path.length - b.path.length);
  let left = misfits;
  for (const choice of choices) {
    if (!left.includes(choice)) continue;
    const outside = left.filter(({ path }) => !isBelow(path, choice.path) && !isSame(path, choice.path));
    const inside = left.filter(misfit => speaksOfInside(misfit, choice));
    left = [...outside, ...(inside.length > 0 ? inside : [choice])];
  }
  return left;
}

function speaksOfInside(misfit: Misfit, choice: Misfit): boolean {
  if (typeof choice.value !== 'object' || choice.value === null) return false;
  if (isBelow(misfit.path, choice.path)) return true;
  return isSame(misfit.path, choice.path) && ['additionalProperties', 'required'].includes(misfit.keyword);
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && above.every((step, i) => path[i] === step);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((step, i) => b[i] === step);
}
