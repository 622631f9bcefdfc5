import type { OperationCode } from './operation-code.ts';
import { importLines, namesIn } from './schema-modules.ts';
import { quoted, type SourceValue, written } from './source-value.ts';

const WIDTH = 120;

/** The text of a route file. @param modules the schema modules by the names of their constants. */
export function routeCode(
  { operation, route, schemas }: OperationCode,
  service: string,
  modules: ReadonlyMap<string, string>,
): string {
  const members = Object.entries(schemas).filter((entry): entry is [string, SourceValue] => entry[1] !== undefined);
  const used = members.flatMap(([, value]) => namesIn(value));
  const lines = [
    "import { defineRoute } from 'portico';",
    `import { ${service} } from '#services';`,
    ...importLines(used, modules, '../'.repeat(route.file.split('/').length - 1)),
    '',
    ...commentOf(operation),
    `export default defineRoute(${quoted(route.address.pattern)}, {`,
    `  proxy: ${service}(${quoted(route.backendPattern)}),`,
    ...members.map(([name, value]) => `  ${name}: ${written(value, '  ', name.length + 4)},`),
    '});',
    '',
  ];
  return lines.join('\n');
}

/** What the document says about an operation; a definition has no place for it. */
function commentOf({ summary, description, deprecated }: OperationCode['operation']): readonly string[] {
  const texts = [summary, description === summary ? undefined : description, deprecated ? '@deprecated' : undefined];
  const lines = texts
    .filter(text => text !== undefined)
    .flatMap((text, i) => [...(i > 0 ? [''] : []), ...wrapped(text.replaceAll('*/', '*\\/'))]);
  const [only] = lines;
  if (only === undefined) return [];
  if (lines.length === 1 && only.length + '/**  */'.length <= WIDTH) return [`/** ${only} */`];
  return ['/**', ...lines.map(line => ` * ${line}`.trimEnd()), ' */'];
}

function wrapped(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap(line => {
    const lines: string[] = [];
    for (const word of line.trimEnd().split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && `${last} ${word}`.length + 3 <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
