import { dirname, resolve } from 'node:path';
import type { AnyNode, CallExpression, Node, Program } from 'acorn';
import type { NamedService, Spot } from '../problem-draft.ts';
import { callsOf, declared, defaultExport, importsOf, nodesBelow, propertyOf, resolved } from './tree.ts';

type InText = Exclude<Spot, { in: 'name' | 'file' | 'text' }>;

/**
 * The node of a spot, or the nearest enclosing one if the text does not contain it (a definition made by a function);
 * undefined for the whole file.
 * @param path of the file, absolute.
 */
export function locate(spot: InText, path: string, program: Program): Node | undefined {
  switch (spot.in) {
    case 'definition':
      return locateOption(program, spot);
    case 'path': {
      const call = definingCall(program, undefined);
      const [first] = call?.arguments ?? [];
      return first?.type === 'Literal' ? first : call?.callee;
    }
    case 'service':
      return callsOf(program, 'defineService', spot.name)[spot.nth]?.arguments[0];
    case 'export':
      return declared(program, spot.name)?.id;
    case 'default':
      return defaultExport(program);
    case 'import':
      return locateImport(program, spot, path);
  }
}

function locateImport(program: Program, spot: Extract<Spot, { in: 'import' }>, path: string): Node | undefined {
  const isMeant = (source: unknown) => source === spot.from || resolve(dirname(path), String(source)) === spot.from;
  const statement = importsOf(program).find(({ source }) => isMeant(source.value));
  const named = statement?.specifiers.find(
    node => node.type === 'ImportSpecifier' && node.imported.type === 'Identifier' && node.imported.name === spot.name,
  );
  if (named !== undefined || statement !== undefined) return named ?? statement?.source;
  // `export ... from` and `import()` have a module path too.
  return [...nodesBelow(program)].find(node => node.type === 'Literal' && isMeant(node.value));
}

/** The call that creates a file's definition, or that of one service in it. */
export function definingCall(program: Program, service: NamedService | undefined): CallExpression | undefined {
  if (service !== undefined) {
    const calls = callsOf(program, 'defineService', service.name);
    const exported = service.exported === undefined ? undefined : declared(program, service.exported)?.value;
    return calls.find(call => call === exported) ?? calls[0];
  }
  const exported = defaultExport(program);
  if (exported?.type === 'CallExpression') return exported;
  return ['defineRoute', 'defineDefaults', 'defineGateway'].flatMap(name => callsOf(program, name))[0];
}

type InDefinition = Extract<Spot, { in: 'definition' }>;

/** The node of an option; undefined if the text does not contain it. */
export function findOption(program: Program, spot: InDefinition): Node | undefined {
  const { near, found } = walk(program, spot);
  return found ? near : undefined;
}

function locateOption(program: Program, spot: InDefinition): Node | undefined {
  return walk(program, spot).near;
}

/** The node of an option, or the nearest enclosing one. */
function walk(program: Program, spot: InDefinition): { readonly near: Node | undefined; readonly found: boolean } {
  const call = definingCall(program, spot.of);
  const argument = call?.arguments.at(-1);
  if (call === undefined || argument === undefined) return { near: call?.callee, found: false };
  let value: AnyNode = resolved(program, argument);
  let near: Node = call.callee;
  for (const [i, step] of spot.path.entries()) {
    const next = stepInto(program, value, step);
    if (next === undefined) return { near, found: false };
    if (i === spot.path.length - 1) return { near: spot.on === 'key' ? next.key : next.value, found: true };
    near = next.key;
    value = resolved(program, next.value);
  }
  return { near, found: true };
}

function stepInto(program: Program, value: AnyNode, step: string): { key: Node; value: AnyNode } | undefined {
  if (value.type === 'ObjectExpression') return propertyOf(program, value, step);
  const element = value.type === 'ArrayExpression' ? value.elements[Number(step)] : undefined;
  return element ? { key: element, value: element } : undefined;
}
