import { fileName } from './names.ts';
import type { SchemaCode, SchemaConstant } from './schema-code.ts';
import type { SchemaGroup } from './schema-groups.ts';
import { Identifier, type SourceValue, written } from './source-value.ts';

/** A module of schemas: its file and its text. */
export interface SchemaModule {
  readonly file: string;
  readonly text: string;
  /** Of its first constant in the document. */
  readonly pointer: string;
  readonly names: readonly string[];
}

/** The modules of all schemas that the routes use, each in a file called after its first constant. */
export function schemaModules(code: SchemaCode, folder: string): readonly SchemaModule[] {
  const fileOf = ({ units }: SchemaGroup): string => `${folder}/${fileName(units[0]?.name ?? '')}.ts`;
  const files = new Map(code.groups.flatMap(group => group.units.map(({ name }) => [name, fileOf(group)] as const)));
  return code.groups.map(group => {
    const constants = code.constantsOf(group);
    const own = new Set(constants.map(({ name }) => name));
    const used = constants.flatMap(({ value }) => namesIn(value)).filter(name => !own.has(name));
    const imports = importLines(used, beside(files, folder), './');
    const texts = constants.map(constantText);
    const text = [...imports, ...(imports.length > 0 ? [''] : []), texts.join('\n')].join('\n');
    return {
      file: fileOf(group),
      text,
      pointer: group.units[0]?.pointer ?? '',
      names: group.units.map(({ name }) => name),
    };
  });
}

function beside(files: ReadonlyMap<string, string>, folder: string): ReadonlyMap<string, string> {
  return new Map([...files].map(([name, file]) => [name, file.slice(folder.length + 1)]));
}

function constantText({ name, value, isLocal = false }: SchemaConstant): string {
  const before = `${isLocal ? '' : 'export '}const ${name} = `;
  const isLiteral = typeof value === 'object' && value !== null && !(value instanceof Identifier);
  return `${before}${written(value, '', before.length, ' as const;'.length)}${isLiteral ? ' as const' : ''};\n`;
}

/** The constants that a value names. */
export function namesIn(value: SourceValue): readonly string[] {
  if (value instanceof Identifier) return [value.name];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : [];
}

/** @param files the module of each constant. @param up how the importing file leads to them. */
export function importLines(
  names: readonly string[],
  files: ReadonlyMap<string, string>,
  up: string,
): readonly string[] {
  const byFile = Map.groupBy([...new Set(names)].sort(), name => files.get(name) ?? '');
  // Without the extension, as formatters sort them.
  const lines = [...byFile].sort(([a], [b]) => (a.replace(/\.ts$/, '') < b.replace(/\.ts$/, '') ? -1 : 1));
  return lines.map(([file, together]) => {
    const line = `import { ${together.join(', ')} } from '${up}${file}';`;
    if (line.length <= WIDTH || together.length === 1) return line;
    return `import {\n${together.map(name => `  ${name},\n`).join('')}} from '${up}${file}';`;
  });
}

const WIDTH = 120;
