import type { Program } from 'acorn';
import { parseText } from './parse.ts';
import { importsOf } from './tree.ts';

/** The names at the top level of a module's text, imported ones too; undefined for invalid syntax. */
export function declaredNames(file: string, text: string): ReadonlySet<string> | undefined {
  const program = parseText(file, text);
  return program && new Set(program.body.flatMap(namesOf));
}

function namesOf(statement: Program['body'][number]): readonly string[] {
  if (statement.type === 'ImportDeclaration') return statement.specifiers.map(({ local }) => local.name);
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (declaration?.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
  }
  const isNamed = declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration';
  return isNamed && declaration.id ? [declaration.id.name] : [];
}

/** The local names of what a module's text imports from another module. Types are not among them. */
export function importsFrom(file: string, text: string, source: string): ReadonlyMap<string, string> {
  const program = parseText(file, text);
  const specifiers = program === undefined ? [] : importsOf(program).filter(each => each.source.value === source);
  return new Map(
    specifiers.flatMap(declaration =>
      declaration.specifiers.flatMap((specifier): (readonly [string, string])[] =>
        specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier'
          ? [[specifier.imported.name, specifier.local.name]]
          : [],
      ),
    ),
  );
}
