import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetEntry } from '../../define/balancing.ts';
import type { Service } from '../../define/service.ts';
import { type Draft, type Mark, option } from '../draft.ts';
import type { KnownService } from '../services.ts';
import { checkStructure, structureDrafts } from '../structure.ts';
import { checkEjection } from './balancing.ts';
import { checkSpans, windowDrafts } from './times.ts';
import { checkTls } from './tls.ts';

/** What is wrong with the services themselves: their options, their machines, their names. */
export async function checkServices(root: string, services: readonly KnownService[]): Promise<readonly Draft[]> {
  const single = services.map(async known => {
    const drafts = checkService(known, known.files[0] ?? '');
    return drafts.length === 0 ? [] : checkService(known, await homeOf(root, known));
  });
  return [...(await Promise.all(single)).flat(), ...(await checkNames(root, services))];
}

function checkService({ service: { serviceName, options }, exported }: KnownService, file: string): readonly Draft[] {
  const service = { name: serviceName, exported };
  const misfits = structureDrafts({ file, service }, checkStructure('service', options));
  if (misfits.length > 0) return misfits;
  if (typeof serviceName !== 'string' || serviceName === '') return [noName(file)];
  const at = (path: readonly string[]) => option(file, path, 'value', service);
  return [
    ...checkTargets(serviceName, options.targets, at),
    ...checkTls(options, at),
    ...checkSpans(options, at),
    ...checkEjection(options, at),
    ...windowDrafts(options, at(['breaker', 'window'])),
  ];
}

function noName(file: string): Draft {
  return {
    code: 'P122',
    marks: [{ file, spot: { in: 'service', name: '', nth: 0 } }],
    message: 'a service has no name',
    remedy: "name it: defineService('catalog', { … })",
  };
}

type At = (path: readonly string[]) => Mark;

function checkTargets(name: string, targets: Service['options']['targets'], at: At): readonly Draft[] {
  if (!('env' in targets)) return addressDrafts(name, targets, at, ['targets']);
  const listed = (process.env[targets.env] ?? '').split(',').map(text => text.trim());
  const set = listed.filter(text => text !== '');
  if (set.length > 0) return addressDrafts(name, set, () => at(['targets', 'env']), []);
  if (targets.default !== undefined) return addressDrafts(name, targets.default, at, ['targets', 'default']);
  return [
    {
      code: 'P129',
      marks: [at(['targets', 'env'])],
      message: `service "${name}" has no targets: ${targets.env} is not set`,
      remedy: `set ${targets.env} to comma-separated addresses, or add default: ['http://127.0.0.1:4001']`,
    },
  ];
}

function addressDrafts(
  name: string,
  targets: readonly TargetEntry[],
  at: At,
  path: readonly string[],
): readonly Draft[] {
  const remedy = "write http://host:port or https://host, such as 'http://127.0.0.1:4001'";
  if (targets.length === 0) {
    return [{ code: 'P129', marks: [at(path)], message: `service "${name}" has no targets`, remedy }];
  }
  return targets.flatMap((target, i): readonly Draft[] => {
    const [url, place] = typeof target === 'string' ? [target, [String(i)]] : [target.url, [String(i), 'url']];
    const reason = reasonAgainst(url);
    if (reason === undefined) return [];
    const message = `service "${name}" cannot call ${JSON.stringify(url)}: ${reason}`;
    return [{ code: 'P129', marks: [at([...path, ...place])], message, remedy }];
  });
}

function reasonAgainst(target: string): string | undefined {
  const url = URL.parse(target);
  if (url === null) return 'it is no URL';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is not spoken here`;
  if (url.username !== '' || url.password !== '') return 'an address carries no user and password';
  return url.search !== '' || url.hash !== '' ? 'an address ends with its path' : undefined;
}

async function checkNames(root: string, services: readonly KnownService[]): Promise<readonly Draft[]> {
  const byName = Map.groupBy(services, ({ service }) => service.serviceName);
  const twice = [...byName].filter(([, group]) => group.length > 1);
  return Promise.all(twice.map(([name, group]) => twoOfOneName(root, name, group)));
}

async function twoOfOneName(root: string, name: string, group: readonly KnownService[]): Promise<Draft> {
  const files = [...new Set(group.flatMap(known => known.files))];
  const marks = (await Promise.all(files.map(file => definitionsIn(root, file, name)))).flat();
  const [first = option(files[0] ?? '', ['proxy']), ...others] = marks;
  return {
    code: 'P125',
    marks: [first, ...others],
    message: `${group.length === 2 ? 'two' : group.length} services are called "${name}"`,
    remedy: 'rename one: logs and metrics know a service by its name',
  };
}

async function definitionsIn(root: string, file: string, name: string): Promise<readonly Mark[]> {
  const text = await readFile(join(root, file), 'utf8').catch(() => '');
  const found = text.split(/\bdefineService\(\s*/).slice(1);
  const named = found.filter(after => after.slice(1).startsWith(name) && /^['"`]/.test(after.slice(1 + name.length)));
  return named.map((_, nth): Mark => ({ file, spot: { in: 'service', name, nth } }));
}

/** The file whose text defines a service, else one that uses it. */
async function homeOf(root: string, { service, files }: KnownService): Promise<string> {
  for (const file of files) {
    if ((await definitionsIn(root, file, service.serviceName)).length > 0) return file;
  }
  return files.at(-1) ?? '';
}
