import type { AnyNode, ObjectExpression, Program } from 'acorn';
import { definingCall } from './locate.ts';
import { keyName, resolved } from './tree.ts';

/** Stands for a value that is known only once the file can be imported. */
const UNKNOWN = Symbol('unknown');

/** The definition of a file from its text; undefined if it is not an object literal. */
export function writtenDefinition(program: Program, maker: string): unknown {
  const call = definingCall(program, undefined);
  // A team's own function around it may have other options.
  if (call?.callee.type !== 'Identifier' || call.callee.name !== maker) return undefined;
  const argument = call.arguments.at(-1);
  const node = argument && resolved(program, argument);
  return node?.type === 'ObjectExpression' ? objectOf(program, node) : undefined;
}

/** Whether a part of a value is unknown from the text. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== 'object' || value === null) return false;
  return UNKNOWN in value || Object.values(value).some(hasUnknown);
}

function writtenValue(program: Program, node: AnyNode): unknown {
  switch (node.type) {
    case 'Literal':
      return node.value;
    case 'ObjectExpression':
      return objectOf(program, node);
    case 'ArrayExpression':
      return node.elements.map(element => (element === null ? undefined : writtenValue(program, element)));
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return () => UNKNOWN;
    case 'TemplateLiteral':
      return node.expressions.length === 0 ? node.quasis[0]?.value.cooked : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function objectOf(program: Program, { properties }: ObjectExpression): unknown {
  return Object.fromEntries(
    properties.map((property): [string | symbol, unknown] => {
      const name = property.type === 'Property' && !property.computed ? keyName(property.key) : undefined;
      // A spread, a computed name or a prototype may be any option.
      if (property.type !== 'Property' || name === undefined || name === '__proto__') return [UNKNOWN, true];
      return [name, writtenValue(program, property.value)];
    }),
  );
}
