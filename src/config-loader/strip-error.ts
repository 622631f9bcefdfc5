import type { Mark, ProblemDraft } from './problem-draft.ts';

// What Node calls the construct, what people call it, and what to write instead.
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
  [/angle-bracket/, 'a type assertion in angle brackets', 'write value as Type'],
];

/** Node removes types and changes nothing else: a construct that means something at run time stays behind. */
export function notStrippable(mark: Mark, message: string): ProblemDraft {
  const known = REMEDIES.find(([pattern]) => pattern.test(message));
  return {
    code: 'P110',
    marks: [mark],
    message: known === undefined ? message : `Node cannot strip ${known[1]}: it would have to write code for it`,
    remedy: known === undefined ? 'write it in JavaScript, with types that can be erased' : known[2],
  };
}
