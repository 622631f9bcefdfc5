import { dirname, resolve } from 'node:path';
import type { Program } from 'acorn';
import { parseFile } from './parse.ts';

/** The run-time exports of a module, parsed from its text, since a module that does not link cannot be imported. */
export function exportedNames(path: string, seen: ReadonlySet<string> = new Set()): readonly string[] {
  const program = seen.has(path) ? undefined : parseFile(path);
  if (program === undefined) return [];
  const names = program.body.flatMap(statement => namesOf(statement, path, new Set([...seen, path])));
  return [...new Set(names)].filter(name => name !== 'default').sort();
}

function namesOf(statement: Program['body'][number], path: string, seen: ReadonlySet<string>): readonly string[] {
  if (statement.type === 'ExportAllDeclaration') {
    const source = String(statement.source.value);
    if (statement.exported) return [nameOf(statement.exported)];
    return source.startsWith('.') ? exportedNames(resolve(dirname(path), source), seen) : [];
  }
  if (statement.type !== 'ExportNamedDeclaration') return [];
  const { declaration, specifiers } = statement;
  if (!declaration) return specifiers.map(({ exported }) => nameOf(exported));
  if (declaration.type !== 'VariableDeclaration') return [declaration.id.name];
  return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
}

function nameOf(
  node: { readonly type: 'Identifier'; readonly name: string } | { readonly type: 'Literal'; readonly value?: unknown },
): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}
