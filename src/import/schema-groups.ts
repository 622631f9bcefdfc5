import { type Converted, isMembers, SchemaReference } from './converted-schema.ts';
import { type SchemaUnit, type SchemaUnits, targetsIn } from './schema-units.ts';

/** Units in one module: one, or several that refer to one another by their `$id`. */
export interface SchemaGroup {
  readonly units: readonly SchemaUnit[];
  /** Whether references within the group are made by `$id`: in a circle, or because it is large. */
  readonly isLinked: boolean;
}

/** Parts of a schema with everything that it refers to in their places: beyond it, checking it takes seconds. */
const MAX_PARTS = 1_000;

/** The groups of all units, each behind those that it refers to. */
export function groupsOf(units: SchemaUnits): readonly SchemaGroup[] {
  const groups = circlesOf(units);
  const parts = new Map<string, number>();
  for (const group of groups) {
    const own = new Set(group.units.map(({ key }) => key));
    const sum = group.units
      .map(({ schema }) => partsOf(schema, target => (own.has(target) ? 0 : (parts.get(target) ?? 0))))
      .reduce((a, b) => a + b, 0);
    for (const key of own) parts.set(key, sum);
  }
  const isLarge = ({ units: [first] }: SchemaGroup): boolean => (parts.get(first?.key ?? '') ?? 0) > MAX_PARTS;
  const large = groups.filter(isLarge);
  if (large.length < 2) return groups;
  // Whatever refers to a large one is large itself, so that the others come first. Written into one another, shared
  // schemas would be repeated again and again: twice at each level are a thousand times after ten levels.
  const keys = new Set(large.flatMap(group => group.units.map(({ key }) => key)));
  const merged = { units: units.all.filter(({ key }) => keys.has(key)), isLinked: true };
  return [...groups.filter(group => !isLarge(group)), merged];
}

/** @param ofTarget the parts that a reference stands for. */
function partsOf(schema: Converted, ofTarget: (target: string) => number): number {
  if (schema instanceof SchemaReference) return partsOf(schema.beside, ofTarget) + ofTarget(schema.target);
  if (Array.isArray(schema)) return schema.reduce<number>((sum, each) => sum + partsOf(each, ofTarget), 0);
  if (!isMembers(schema)) return 0;
  return Object.values(schema).reduce<number>((sum, each) => sum + partsOf(each, ofTarget), 1);
}

/** Strongly connected units, each group behind those that it refers to (Tarjan 1972). */
function circlesOf(units: SchemaUnits): readonly SchemaGroup[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const groups: SchemaGroup[] = [];
  const visit = (key: string): number => {
    const index = order.size;
    order.set(key, index);
    open.push(key);
    let low = index;
    const targets = targetsIn(units.get(key)?.schema ?? {});
    for (const target of targets) {
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
    }
    lowest.set(key, low);
    if (low === index) {
      const keys = open.splice(open.indexOf(key));
      const members = keys.flatMap(each => units.get(each) ?? []);
      groups.push({ units: members, isLinked: members.length > 1 || targets.includes(key) });
    }
    return low;
  };
  for (const { key } of units.all) if (!order.has(key)) visit(key);
  return groups;
}
