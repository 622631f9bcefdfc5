import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Draft } from './draft.ts';

interface Wanted {
  readonly from: string;
  readonly name: string;
}

/** A name that a module does not export when it runs: a type, most often, which is gone by then. */
export function missingExport(root: string, file: string, { from, name }: Wanted): Draft {
  const marks = [{ file, spot: { in: 'import', from, name } }] as const;
  if (declaresType(join(root, file), { from, name })) {
    return {
      code: 'P111',
      marks,
      message: `"${name}" is a type, and types are gone when Node imports the file`,
      remedy: `write import { type ${name} } from '${from}', or import type { ${name} } from '${from}'`,
    };
  }
  return {
    code: 'P114',
    marks,
    message: `'${from}' does not export "${name}"`,
    remedy: 'export it there, or import what is exported',
  };
}

function declaresType(importer: string, { from, name }: Wanted): boolean {
  if (!/^[\w$]+$/.test(name)) return false;
  const text = declarations(importer, from);
  const word = name.replaceAll('$', '\\$');
  return new RegExp(`\\b(?:type|interface)\\s+${word}\\b|\\btype\\s*\\{[^}]*\\b${word}\\b`).test(text);
}

/** The text that declares what a module exports: its own, or the `.d.ts` beside it. */
function declarations(importer: string, from: string): string {
  try {
    const path = createRequire(importer).resolve(from);
    const declaration = path.replace(/\.([cm]?)js$/, '.d.$1ts');
    return readFileSync(existsSync(declaration) ? declaration : path, 'utf8');
  } catch {
    return '';
  }
}
