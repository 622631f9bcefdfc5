import { existsSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { isService } from '../config/service.ts';
import { reasonAgainst } from '../config/target-entries.ts';
import { importFile } from '../config-loader/import-all.ts';
import { servicesPath } from '../config-loader/package-json.ts';
import { declaredNames, importsFrom } from '../config-loader/source/top-level.ts';
import { isWebAddress } from '../openapi/fetch-document.ts';
import { isObject } from '../openapi/schema-object.ts';
import type { ImportReport } from './import-report.ts';
import type { SourceDocument } from './read-document.ts';
import { quoted } from './source-value.ts';

export interface ServiceRequest {
  readonly dir: string;
  /** Its name, and that of its constant. */
  readonly service: string;
  /** The address of the backend; undefined for the first server of the document. */
  readonly target: string | undefined;
}

/** The services module with the new service. */
export interface ServiceChange {
  readonly file: string;
  readonly text: string;
  readonly isNew: boolean;
}

/** @returns undefined if the project has the service already, and after a mistake. */
export async function serviceChange(
  { dir, service, target }: ServiceRequest,
  document: SourceDocument,
  report: ImportReport,
): Promise<ServiceChange | undefined> {
  const path = servicesPath(dir);
  const file = path === undefined ? '' : relative(dir, path).split(sep).join('/');
  if (path === undefined || file.startsWith('..')) {
    const remedy = 'add to package.json: "imports": { "#services": "./services.ts" }';
    report.mistake('', "the project's package.json does not say where #services is", remedy);
    return undefined;
  }
  const isNew = !existsSync(path);
  if (!isNew && (await hasService(path, file, service, report)) !== false) return undefined;
  const address = target ?? serverOf(document, report);
  if (address === undefined) return undefined;
  const reason = reasonAgainst(address);
  if (reason !== undefined) {
    report.mistake('', `the service cannot call ${JSON.stringify(address)}: ${reason}`, TARGET);
    return undefined;
  }
  const text = isNew ? '' : readFileSync(path, 'utf8');
  const added = withService({ path, file, text }, service, address, report);
  return added === undefined ? undefined : { file, text: added, isNew };
}

const TARGET = 'name the address of the backend: --target http://127.0.0.1:4001';

/** Whether the module exports the service; undefined after a mistake. */
async function hasService(
  path: string,
  file: string,
  name: string,
  report: ImportReport,
): Promise<boolean | undefined> {
  const { exports = {}, error } = await importFile(path);
  if (error !== undefined) {
    report.mistake('', `${file} cannot be imported`, 'run portico check, and correct it');
    return undefined;
  }
  const found = exports[name];
  if (isService(found)) {
    report.note('/servers', `${file} has "${name}" already, and its own targets are called`);
    return true;
  }
  if (found !== undefined) {
    report.mistake('', `${file} exports "${name}", which is no service`, 'choose another name with --as');
    return undefined;
  }
  const namesake = Object.entries(exports).find(([, value]) => isService(value) && value.serviceName === name);
  if (namesake === undefined) return false;
  report.mistake('', `${file} calls this service "${namesake[0]}"`, `import with --as ${namesake[0]}`);
  return undefined;
}

/** The first server, with the default values of its variables. */
function serverOf({ from, root }: SourceDocument, report: ImportReport): string | undefined {
  const [server] = Array.isArray(root.servers) ? root.servers : [];
  const { url, variables } = isObject(server) ? server : {};
  const named = isObject(variables) ? variables : {};
  const filled = String(url ?? '/').replaceAll(/\{([^}]*)\}/g, (whole, name: string) => {
    const variable = named[name];
    return isObject(variable) ? String(variable.default ?? whole) : whole;
  });
  // A document that was fetched names servers relative to itself (OpenAPI 3.1 §4.8.5).
  const address = URL.parse(filled, isWebAddress(from) ? from : undefined);
  if (address !== null) return address.href.replace(/\/$/, '');
  const message =
    url === undefined ? 'the document names no server' : `the server ${JSON.stringify(url)} is no address`;
  report.mistake(url === undefined ? '' : '/servers/0/url', message, TARGET);
  return undefined;
}

interface ServicesFile {
  readonly path: string;
  readonly file: string;
  readonly text: string;
}

/** Adds lines, and changes none: what a team has written stays as it is. */
function withService(
  { path, file, text }: ServicesFile,
  service: string,
  address: string,
  report: ImportReport,
): string | undefined {
  const names = declaredNames(path, text);
  if (names === undefined || names.has(service)) {
    const message = names === undefined ? `${file} cannot be read` : `${file} has another "${service}"`;
    report.mistake('', message, names === undefined ? 'run portico check' : 'choose another name with --as');
    return undefined;
  }
  const imported = importsFrom(path, text, 'portico');
  const maker = imported.get('defineService');
  if (maker === undefined && names.has('defineService')) {
    report.mistake('', `${file} has a "defineService" of its own`, `declare the service "${service}" there by hand`);
    return undefined;
  }
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  const declaration = [
    `export const ${service} = ${maker ?? 'defineService'}(${quoted(service)}, {`,
    `  targets: { env: ${quoted(variableOf(service))}, default: [${quoted(address)}] },`,
    '});',
    '',
  ].join(line);
  const gap = text === '' ? '' : text.endsWith('\n') ? line : line + line;
  const whole = `${text}${gap}${declaration}`;
  return maker === undefined ? withImport(whole, text === '' ? `${line}${line}` : line) : whole;
}

/** In front of everything but a line for the shell. */
function withImport(text: string, gap: string): string {
  const [shebang = ''] = /^#!.*\r?\n/.exec(text) ?? [];
  return `${shebang}import { defineService } from 'portico';${gap}${text.slice(shebang.length)}`;
}

/** The environment variable with the addresses of a service: `ORDER_API_TARGETS` for `orderApi`. */
export function variableOf(service: string): string {
  return `${service.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase()}_TARGETS`;
}
