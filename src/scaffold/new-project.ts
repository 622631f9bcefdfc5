import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { reasonAgainst } from '../config/target-entries.ts';
import { ProjectError, unreadable } from '../config-loader/project-error.ts';
import { variableOf } from '../import/service-code.ts';
import { quoted } from '../import/source-value.ts';
import type { PlannedFile } from '../import/write-files.ts';

/** What a new project is made of. */
export interface NewProject {
  readonly dir: string;
  /** The name of its backend in code. */
  readonly service: string;
  /** The address of its backend. */
  readonly target: string;
  readonly versions: PackageVersions;
}

/** The packages that a project depends on. */
export interface PackageVersions {
  readonly portico: string;
  readonly typescript: string;
  readonly nodeTypes: string;
}

const MANIFEST = 'package.json';
const IGNORED = '.gitignore';
const ROUTE = 'routes/[[...path]].ts';

/**
 * The files of a new project: everything goes to its one backend. A `package.json` that has what a project needs stays,
 * and so does a `.gitignore`.
 * @throws ProjectError if one of the files exists.
 */
export function newProject(project: NewProject): readonly PlannedFile[] {
  const { dir, target } = project;
  const reason = reasonAgainst(target);
  if (reason !== undefined) throw new ProjectError(`the service cannot call ${JSON.stringify(target)}: ${reason}`);
  const files = [
    ...(hasManifest(dir) ? [] : [{ file: MANIFEST, text: manifestText(project) }]),
    ...(existsSync(join(dir, IGNORED)) ? [] : [{ file: IGNORED, text: IGNORED_FILES }]),
    { file: 'tsconfig.json', text: TSCONFIG },
    { file: 'services.ts', text: servicesText(project) },
    { file: ROUTE, text: routeText(project) },
  ];
  const present = [...files.map(({ file }) => file), 'routes'].filter(file => existsSync(join(dir, file)));
  if (present.length > 0) {
    const remedy = 'portico new route adds a route to a project, and --dir names another folder';
    throw new ProjectError(`${resolve(dir)} has ${present.join(', ')} already, so nothing is written; ${remedy}`);
  }
  return files.map(file => ({ ...file, replaces: false }));
}

/** Whether there is one with what Node needs. Without that a project would not start, and it is not ours to change. */
function hasManifest(dir: string): boolean {
  const path = join(dir, MANIFEST);
  if (!existsSync(path)) return false;
  const { type, imports } = parsed(path);
  if (type === 'module' && Object(imports)['#services'] === './services.ts') return true;
  const command = "npm pkg set type=module 'imports.#services=./services.ts'";
  throw new ProjectError(`${path} stays as it is, and lacks "type" or "imports"; run ${command} first`);
}

function parsed(path: string): { readonly type?: unknown; readonly imports?: unknown } {
  const text = textOf(path);
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new ProjectError(`${path} is no JSON; correct it`, { cause });
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function manifestText({ dir, versions }: NewProject): string {
  const manifest = {
    name: packageName(basename(resolve(dir))),
    private: true,
    type: 'module',
    imports: { '#services': './services.ts' },
    scripts: { dev: 'portico dev', start: 'portico start', check: 'portico check && tsc' },
    dependencies: { portico: versions.portico },
    devDependencies: { '@types/node': versions.nodeTypes, typescript: versions.typescript },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Letters that npm accepts in a name. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z\d-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'gateway' : name;
}

/** What belongs to one computer: packages, stored responses, and `.env` files with a user's own values. */
const IGNORED_FILES = 'node_modules/\n.portico/\n.env*.local\n';

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2024",
    "module": "nodenext",
    "types": ["node"],
    "noEmit": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true
  },
  "include": ["**/*.ts"]
}
`;

function servicesText({ service, target }: NewProject): string {
  return `import { defineService } from 'portico';

export const ${service} = defineService(${quoted(service)}, {
  targets: { env: ${quoted(variableOf(service))}, default: [${quoted(target)}] },
});
`;
}

function routeText({ service }: NewProject): string {
  return `import { defineRoute } from 'portico';
import { ${service} } from '#services';

// Every request goes to the backend as it came. A file for a longer address wins, and this command writes one:
// npx portico new route '/api/products/[id]' --service ${service}
export default defineRoute('/[[...path]]', { proxy: ${service} });
`;
}
