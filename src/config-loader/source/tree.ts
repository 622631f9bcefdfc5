import type { AnyNode, CallExpression, Expression, ImportDeclaration, Node, ObjectExpression, Program } from 'acorn';

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** A node and its descendants in the order of the text. */
export function* nodesBelow(node: AnyNode): Generator<AnyNode> {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* nodesBelow(child);
    }
  }
}

/** Calls of a function by name, optionally with a given string as first argument. */
export function callsOf(program: Program, callee: string, first?: string): readonly CallExpression[] {
  return [...nodesBelow(program)].filter((node): node is CallExpression => {
    if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== callee)
      return false;
    const [argument] = node.arguments;
    return first === undefined || (argument?.type === 'Literal' && argument.value === first);
  });
}

export function importsOf(program: Program): readonly ImportDeclaration[] {
  return program.body.filter(node => node.type === 'ImportDeclaration');
}

/** The module paths in imports, `export … from` and `import()` with a text, in the order of the file. */
export function moduleSpecifiers(program: Program): readonly string[] {
  return [...nodesBelow(program)].flatMap(node => {
    const source =
      node.type === 'ImportDeclaration' ||
      node.type === 'ExportNamedDeclaration' ||
      node.type === 'ExportAllDeclaration' ||
      node.type === 'ImportExpression'
        ? node.source
        : undefined;
    return source?.type === 'Literal' && typeof source.value === 'string' ? [source.value] : [];
  });
}

/** The declaration of a name at the top level of the file. */
export function declared(program: Program, name: string): { readonly id: Node; readonly value: AnyNode } | undefined {
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type === 'FunctionDeclaration' && declaration.id?.name === name) {
      return { id: declaration.id, value: declaration };
    }
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier' && id.name === name && init) return { id, value: init };
    }
  }
  return undefined;
}

/** The value of an expression, with names resolved. */
export function resolved(program: Program, node: AnyNode): AnyNode {
  if (node.type === 'Identifier') {
    const found = declared(program, node.name);
    return found === undefined || found.value === node ? node : resolvedOnce(program, found.value);
  }
  return node;
}

// Resolves one more name and stops at a cycle: `const a = b; const b = a` parses.
function resolvedOnce(program: Program, node: AnyNode): AnyNode {
  return node.type === 'Identifier' ? (declared(program, node.name)?.value ?? node) : node;
}

/** The default export's expression. */
export function defaultExport(program: Program): AnyNode | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') return resolved(program, statement.declaration);
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const { exported, local } of statement.specifiers) {
      const name = exported.type === 'Identifier' ? exported.name : exported.value;
      if (name === 'default') return resolved(program, local);
    }
  }
  return undefined;
}

interface FoundNode {
  readonly key: Node;
  readonly value: Expression;
}

/** A property of an object literal, including spread objects. */
export function propertyOf(program: Program, object: ObjectExpression, name: string): FoundNode | undefined {
  for (const property of object.properties.toReversed()) {
    if (property.type === 'SpreadElement') {
      const spread = resolved(program, property.argument);
      const found =
        spread.type === 'ObjectExpression' && spread !== object ? propertyOf(program, spread, name) : undefined;
      if (found !== undefined) return found;
    } else if (keyName(property.key) === name) return { key: property.key, value: property.value };
  }
  return undefined;
}

export function keyName(key: Expression): string | undefined {
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' ? String(key.value) : undefined;
}
