import type { AnyNode, ObjectExpression, Program } from 'acorn';
import { definingCall } from './locate.ts';
import { keyName, resolved } from './tree.ts';

/** Stands for a value that the text does not show: it is known only once the file can be imported. */
const UNKNOWN = Symbol('unknown');

/** The definition of a file as its text writes it; undefined where it is not an object literal. */
export function writtenDefinition(program: Program): unknown {
  const argument = definingCall(program, undefined)?.arguments.at(-1);
  const node = argument && resolved(program, argument);
  return node?.type === 'ObjectExpression' ? objectOf(program, node) : undefined;
}

/** Whether something of a value is not shown by the text. */
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
      // What is spread in, or has a computed name, may be any option.
      if (property.type !== 'Property' || name === undefined) return [UNKNOWN, true];
      return [name, writtenValue(program, property.value)];
    }),
  );
}
