import type { Mark, ProblemDraft } from './problem-draft.ts';

// Node's name of the construct, its common name, and the replacement.
const REMEDIES: readonly (readonly [pattern: RegExp, name: string, remedy: string])[] = [
  [/enum/, 'an enum', "write const Colour = { red: 'red' } as const, and a union of its values as the type"],
  [/namespace|module declaration/, 'a namespace', 'export its members from a module of their own'],
  [
    /parameter propert/,
    'a parameter property',
    'declare the field in the class and assign it in the constructor: this.name = name',
  ],
  [/import equals/, 'an import with =', "write import name from 'module'"],
  [/export assignment/, 'an export with =', 'write export default'],
  [/decorator/, 'a decorator', 'call the function in its place: const Shop = logged(class { … })'],
  [/angle-bracket/, 'a type assertion in angle brackets', 'write value as Type'],
];

/** Node only removes types: a construct with a meaning at run time cannot be removed. */
export function notStrippable(mark: Mark, message: string): ProblemDraft {
  const known = REMEDIES.find(([pattern]) => pattern.test(message));
  return {
    code: 'P110',
    marks: [mark],
    message: known === undefined ? message : `Node cannot strip ${known[1]}: it would have to write code for it`,
    remedy: known === undefined ? 'write it in JavaScript, with types that can be erased' : known[2],
  };
}
