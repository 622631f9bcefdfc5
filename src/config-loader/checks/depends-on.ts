import { didYouMean } from '../nearest.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

type Needs = ReadonlyMap<string, readonly string[]>;

/** Parts depend only on parts of the same route and never form a cycle. */
export const checkDependsOn: RouteCheck = ({ file, written }) => {
  const parts = Object.entries(written.aggregate ?? {});
  const dependsOn: Needs = new Map(parts.map(([name, part]) => [name, part.dependsOn ?? []]));
  return [
    ...unknownDependencies(file, dependsOn),
    ...circles(dependsOn).map(circle => circleDraft(file, circle, dependsOn)),
  ];
};

function unknownDependencies(file: string, dependsOn: Needs): readonly ProblemDraft[] {
  const known = [...dependsOn.keys()];
  return [...dependsOn].flatMap(([part, names]) =>
    names.flatMap((name, i): readonly ProblemDraft[] => {
      if (dependsOn.has(name)) return [];
      const others = known.filter(other => other !== part);
      return [
        {
          code: 'P128',
          marks: [option(file, ['aggregate', part, 'dependsOn', String(i)])],
          message: `part "${part}" depends on "${name}", which is not a part of this route`,
          remedy: `${didYouMean(name, others)}remove it; parts: ${others.join(', ') || 'no other'}`,
        },
      ];
    }),
  );
}

/** Each cycle once, starting with the part that is written first. */
function circles(dependsOn: Needs): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const done = new Set<string>();
  const follow = (name: string, way: readonly string[]): void => {
    const start = way.indexOf(name);
    if (start >= 0) found.push(way.slice(start));
    if (start >= 0 || done.has(name)) return;
    for (const next of dependsOn.get(name) ?? []) follow(next, [...way, name]);
    done.add(name);
  };
  for (const name of dependsOn.keys()) follow(name, []);
  return found;
}

function circleDraft(file: string, circle: readonly string[], dependsOn: Needs): ProblemDraft {
  const steps = circle.map((name, i) => {
    const next = circle[(i + 1) % circle.length] ?? name;
    return option(file, ['aggregate', name, 'dependsOn', String((dependsOn.get(name) ?? []).indexOf(next))]);
  });
  const [first, ...others] = steps;
  return {
    code: 'P127',
    marks: [first ?? option(file, ['aggregate']), ...others],
    message: `parts wait for one another: ${[...circle, circle[0]].join(' → ')}`,
    remedy: 'remove one of these dependencies; what two parts share can be a part of its own',
  };
}
