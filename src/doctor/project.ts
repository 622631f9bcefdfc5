import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Definitions } from '../config/loaded-route.ts';
import type { Service } from '../config/service.ts';
import { loadDefinitions } from '../config-loader/load.ts';
import { servicesPath } from '../config-loader/package-json.ts';
import { DefinitionError } from '../config-loader/problem.ts';
import { servicesOf } from '../config-loader/services.ts';
import { type DoctorFinding, reasonOf } from './finding.ts';

export interface ProjectReading {
  readonly findings: readonly DoctorFinding[];
  /** Undefined if the routes cannot be loaded. */
  readonly definitions: Definitions | undefined;
  readonly services: readonly Service[];
}

/** The files of a project, and what they define. */
export async function readingOf(root: string): Promise<ProjectReading> {
  const files = [manifestFinding(root), compilerFinding(root)];
  try {
    const definitions = await loadDefinitions(root);
    const count = definitions.routes.length;
    const known = await servicesOf(
      root,
      definitions.routes.map(({ file, definition }) => ({ file, written: definition })),
    );
    const routes: DoctorFinding = {
      subject: 'routes',
      state: 'ok',
      detail: `${count} ${count === 1 ? 'route' : 'routes'}`,
    };
    return { findings: [...files, routes], definitions, services: known.map(({ service }) => service) };
  } catch (error) {
    const remedy = 'portico check says where';
    const detail = error instanceof DefinitionError ? `${error.problems.length} mistakes` : reasonOf(error);
    const routes: DoctorFinding = { subject: 'routes', state: 'failed', detail, remedy };
    return { findings: [...files, routes], definitions: undefined, services: [] };
  }
}

function manifestFinding(root: string): DoctorFinding {
  const subject = 'package.json';
  const path = join(root, subject);
  if (!existsSync(path)) {
    return {
      subject,
      state: 'warning',
      detail: 'is missing, so that of a folder above counts',
      remedy: 'portico init',
    };
  }
  const { type } = jsonIn(path);
  if (type !== 'module') {
    return { subject, state: 'warning', detail: 'has no "type": "module"', remedy: 'npm pkg set type=module' };
  }
  const services = servicesPath(root);
  if (services === undefined) {
    const remedy = "npm pkg set 'imports.#services=./services.ts'";
    return { subject, state: 'warning', detail: 'does not say where #services is', remedy };
  }
  if (existsSync(services)) return { subject, state: 'ok', detail: 'modules, and #services' };
  return { subject, state: 'failed', detail: `#services is ${services}, which is missing`, remedy: 'write it' };
}

/** Options without which the compiler accepts what Node cannot run, or refuses what it can. */
const NEEDED = ['erasableSyntaxOnly', 'allowImportingTsExtensions', 'verbatimModuleSyntax'];

function compilerFinding(root: string): DoctorFinding {
  const subject = 'tsconfig.json';
  const path = join(root, subject);
  if (!existsSync(path)) {
    return {
      subject,
      state: 'unknown',
      detail: 'is missing, so editors use defaults',
      remedy: 'portico init shows one',
    };
  }
  // It may have comments, and get options from another file.
  const text = readFileSync(path, 'utf8');
  const missing = /"extends"\s*:/.test(text)
    ? []
    : NEEDED.filter(name => !new RegExp(`"${name}"\\s*:\\s*true`).test(text));
  if (missing.length === 0) return { subject, state: 'ok', detail: 'fits what Node runs' };
  const remedy = `set ${missing.map(name => `"${name}": true`).join(', ')}`;
  return { subject, state: 'warning', detail: 'accepts code that Node cannot run, or refuses what it can', remedy };
}

function jsonIn(path: string): { readonly type?: unknown } {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // The routes report it.
    return {};
  }
}
