import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteSize } from '../../config/byte-size.ts';
import type { ServiceOptions } from '../../config/service.ts';
import { type Mark, option, type ProblemDraft } from '../problem-draft.ts';
import type { KnownService } from '../services.ts';
import { checkStructure, structureDrafts } from '../structure.ts';
import { checkCanary } from './canary.ts';
import { checkEjection } from './ejection.ts';
import { headerDrafts } from './headers.ts';
import { checkMirror } from './mirror.ts';
import { passDrafts } from './pass.ts';
import { checkTargets } from './targets.ts';
import { checkSpans, timingDrafts } from './times.ts';
import { checkTls } from './tls.ts';

/** The problems of services: their options, targets and names. */
export async function checkServices(root: string, services: readonly KnownService[]): Promise<readonly ProblemDraft[]> {
  const single = services.map(async known => {
    const drafts = checkService(known, known.files[0] ?? '');
    return drafts.length === 0 ? [] : checkService(known, await homeOf(root, known));
  });
  return [...(await Promise.all(single)).flat(), ...(await checkNames(root, services))];
}

function checkService({ service: defined, exported }: KnownService, file: string): readonly ProblemDraft[] {
  const { serviceName, options } = defined;
  const service = { name: serviceName, exported };
  if (typeof serviceName !== 'string' || serviceName === '') return [noName(file, serviceName, exported)];
  const mismatches = structureDrafts({ file, service }, checkStructure('service', options));
  if (mismatches.length > 0) return mismatches;
  const at = (path: readonly string[]) => option(file, path, 'value', service);
  return [
    ...checkTargets(serviceName, options.targets, at),
    ...checkCanary(serviceName, options, at),
    ...checkMirror(defined, at),
    ...checkTls(options, at),
    ...checkSpans(options, at),
    ...checkEjection(options, at),
    ...timingDrafts(options, at),
    ...headerDrafts(file, options.headers, ['headers'], service),
    ...passDrafts(file, options.pass, ['pass'], service),
    ...emptyHead(options, at),
  ];
}

// A limit of zero would reject every response.
function emptyHead(
  { responseHeaders }: ServiceOptions,
  at: (path: readonly string[]) => Mark,
): readonly ProblemDraft[] {
  if (responseHeaders === undefined || byteSize(responseHeaders) > 0) return [];
  const marks: [Mark] = [at(['responseHeaders'])];
  return [
    {
      code: 'P123',
      marks,
      message: '"responseHeaders" must be more than nothing',
      remedy: "write a size such as '64KB', or remove it",
    },
  ];
}

/** @param name the first argument of `defineService`, which may be the options. */
function noName(file: string, name: unknown, exported: string | undefined): ProblemDraft {
  const isLeftOut = name !== '' && exported !== undefined;
  return {
    code: 'P122',
    marks: [{ file, spot: isLeftOut ? { in: 'export', name: exported } : { in: 'service', name: '', nth: 0 } }],
    message: 'a service has no name',
    remedy: "name it: defineService('catalog', { … })",
  };
}

async function checkNames(root: string, services: readonly KnownService[]): Promise<readonly ProblemDraft[]> {
  const byName = Map.groupBy(services, ({ service }) => service.serviceName);
  const twice = [...byName].filter(([, group]) => group.length > 1);
  return Promise.all(twice.map(([name, group]) => twoOfOneName(root, name, group)));
}

async function twoOfOneName(root: string, name: string, group: readonly KnownService[]): Promise<ProblemDraft> {
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

/** The file that defines a service, or else one that uses it. */
async function homeOf(root: string, { service, files, exported }: KnownService): Promise<string> {
  // Without a name the text does not tell, but the module of the services comes first.
  if (typeof service.serviceName !== 'string' && exported !== undefined) return files[0] ?? '';
  for (const file of files) {
    if ((await definitionsIn(root, file, service.serviceName)).length > 0) return file;
  }
  return files.at(-1) ?? '';
}
