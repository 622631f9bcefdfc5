import { type Draft, option } from '../draft.ts';
import { didYouMean } from '../nearest.ts';
import type { RouteCheck } from '../route-file.ts';

type Needs = ReadonlyMap<string, readonly string[]>;

/** Parts need parts of the same route, and none needs itself, however far around. */
export const checkNeeds: RouteCheck = ({ file, written }) => {
  const parts = Object.entries(written.aggregate ?? {});
  const needs: Needs = new Map(parts.map(([name, part]) => [name, part.needs ?? []]));
  return [...unknownNeeds(file, needs), ...circles(needs).map(circle => circleDraft(file, circle, needs))];
};

function unknownNeeds(file: string, needs: Needs): readonly Draft[] {
  const known = [...needs.keys()];
  return [...needs].flatMap(([part, names]) =>
    names.flatMap((name, i): readonly Draft[] => {
      if (needs.has(name)) return [];
      const others = known.filter(other => other !== part);
      return [
        {
          code: 'P128',
          marks: [option(file, ['aggregate', part, 'needs', String(i)])],
          message: `part "${part}" needs "${name}", which is no part of this route`,
          remedy: `${didYouMean(name, others)}remove it; parts: ${others.join(', ') || 'no other'}`,
        },
      ];
    }),
  );
}

/** Each circle once, beginning with the part that is written first. */
function circles(needs: Needs): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const done = new Set<string>();
  const follow = (name: string, way: readonly string[]): void => {
    const start = way.indexOf(name);
    if (start >= 0) found.push(way.slice(start));
    if (start >= 0 || done.has(name)) return;
    for (const next of needs.get(name) ?? []) follow(next, [...way, name]);
    done.add(name);
  };
  for (const name of needs.keys()) follow(name, []);
  return found;
}

function circleDraft(file: string, circle: readonly string[], needs: Needs): Draft {
  const steps = circle.map((name, i) => {
    const next = circle[(i + 1) % circle.length] ?? name;
    return option(file, ['aggregate', name, 'needs', String((needs.get(name) ?? []).indexOf(next))]);
  });
  const [first, ...others] = steps;
  return {
    code: 'P127',
    marks: [first ?? option(file, ['aggregate']), ...others],
    message: `parts wait for one another: ${[...circle, circle[0]].join(' → ')}`,
    remedy: 'remove one of these needs; what two parts share can be a part of its own',
  };
}
