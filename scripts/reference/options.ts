import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { type Declaration, type Member, readDeclarations } from './docstrings.ts';
import { cell, table } from './page.ts';

/** An option of the reference. */
export interface Option {
  /** From the file's own object: `cache.ttl`, `targets[].url`, `aggregate.<part>.from`. */
  readonly path: string;
  readonly type: string;
  readonly defaultValue: string;
  readonly meaning: string;
  /** Whether its own options have a heading of their own. */
  readonly isPolicy: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** Declarations whose defaults are in a part of DEFAULTS. */
const DEFAULTS_OF: Readonly<Record<string, Json>> = {
  ApiDocs: DEFAULTS.apiDocs,
  Breaker: DEFAULTS.breaker,
  Cache: DEFAULTS.cache,
  CacheStores: DEFAULTS.cache,
  Cors: DEFAULTS.cors,
  CallPolicy: { priority: DEFAULTS.priority },
  DiskStore: DEFAULTS.cache.disk,
  Ejection: DEFAULTS.ejection,
  GatewayLimits: DEFAULTS.limits,
  GatewayOptions: DEFAULTS.gateway,
  HealthCheck: DEFAULTS.health,
  Hedge: DEFAULTS.hedge,
  KeepForever: DEFAULTS.cache.keepForever,
  Mirror: DEFAULTS.mirror,
  Redirect: DEFAULTS.redirect,
  RedisStore: DEFAULTS.cache.redis,
  Retry: DEFAULTS.retry,
  SecurityHeaders: DEFAULTS.securityHeaders,
  ServiceOptions: DEFAULTS.service,
  Targets: DEFAULTS.discovery,
  Timeouts: DEFAULTS.timeout,
};

/** Options that several files share: documented once, below their own heading. */
const SHARED = ['timeout', 'cache', 'breaker', 'retry', 'hedge', 'cors', 'csrf', 'rateLimit'];
const POLICY = /\b(?:Timeouts|Cache|Breaker|Retry|Hedge|Cors|Csrf|RateRule)\b/;

/** Options whose own options are those of another one. */
const REPEATED: ReadonlySet<string> = new Set(['canary.targets', 'targets.default']);

/** The files of a project, with their declaration and schema. */
const FILES = [
  { region: 'route-options', schema: 'route', declaration: 'RouteDefinition' },
  { region: 'defaults-options', schema: 'defaults', declaration: 'FolderDefaultsOptions' },
  { region: 'service-options', schema: 'service', declaration: 'ServiceOptions' },
  { region: 'gateway-options', schema: 'gateway', declaration: 'GatewayOptions' },
] as const;

class OptionReader {
  readonly #schemas: ReadonlyMap<string, Json>;
  readonly #declarations: ReadonlyMap<string, Declaration>;
  /** The members in a schema, by their declaration. */
  readonly #known = new Map<string, Set<string>>();

  constructor(schemas: ReadonlyMap<string, Json>, declarations: ReadonlyMap<string, Declaration>) {
    this.#schemas = schemas;
    this.#declarations = declarations;
  }

  /** @param isShared whether the options below a shared policy are included. */
  read(schema: string, declaration: string, isShared: boolean): readonly Option[] {
    const root = this.#schemas.get(schema) ?? {};
    return this.#below({ file: schema, node: root, owners: [declaration], path: '', isShared });
  }

  /** Members of the parsed declarations that are in no schema. */
  unknown(): readonly string[] {
    return [...this.#known].flatMap(([owner, known]) =>
      [...(this.#declarations.get(owner)?.members.values() ?? [])]
        .filter(({ name, doc }) => doc !== '' && !known.has(name))
        .map(({ name }) => `${owner}.${name}`),
    );
  }

  *#properties(file: string, node: Json): Iterable<readonly [name: string, file: string, node: Json]> {
    const [home, resolved] = this.#resolve(file, node);
    for (const [name, property] of Object.entries((resolved.properties ?? {}) as Json))
      yield [name, home, property as Json];
    for (const variant of (resolved.anyOf ?? []) as readonly Json[]) yield* this.#properties(home, variant);
  }

  #below({ file, node, owners, path, isShared }: Place): readonly Option[] {
    const options: Option[] = [];
    for (const [name, home, property] of this.#properties(file, node)) {
      const full = path === '' ? name : `${path}.${name}`;
      const found = this.#member(owners, name);
      if (found === undefined) throw new Error(`src/config declares no docstring for the option "${full}"`);
      const { owner, member } = found;
      this.#known.set(owner, (this.#known.get(owner) ?? new Set()).add(name));
      options.push(this.#option(full, home, property, owner, member));
      if ((!isShared && POLICY.test(member.type)) || REPEATED.has(full)) continue;
      const inner = { owners: [...this.#named(member.type), owner], isShared };
      for (const place of this.#nested(home, property, full)) options.push(...this.#below({ ...inner, ...place }));
    }
    return options;
  }

  /** Objects inside an option: itself, the items of a list, the values of a map. */
  *#nested(file: string, node: Json, path: string): Iterable<Pick<Place, 'file' | 'node' | 'path'>> {
    const [home, resolved] = this.#resolve(file, node);
    if (isCallSchema(node)) return;
    if (resolved.properties !== undefined) yield { file: home, node: resolved, path };
    const values = resolved.additionalProperties;
    if (typeof values === 'object') {
      for (const place of this.#nested(home, values as Json, `${path}.<name>`)) yield place;
    }
    if (typeof resolved.items === 'object') yield* this.#nested(home, resolved.items as Json, `${path}[]`);
    for (const variant of (resolved.anyOf ?? []) as readonly Json[]) yield* this.#nested(home, variant, path);
  }

  #option(path: string, file: string, node: Json, owner: string, { name, doc, type }: Member): Option {
    const [, meaning = '', stated = ''] = /^([\s\S]*?)(?:\s*(Required\b[^.]*|Default\b.*?))?\.?$/.exec(doc) ?? [];
    if (meaning === '' || stated === '') throw new Error(`the docstring of "${path}" states no meaning or no default`);
    const [, resolved] = this.#resolve(file, node);
    return {
      path,
      type: String(resolved.title ?? 'a value, or a function of c and the failure'),
      defaultValue: defaultOf(path, stated, DEFAULTS_OF[owner]?.[name]),
      meaning,
      isPolicy: POLICY.test(type),
    };
  }

  #member(owners: readonly string[], name: string): { owner: string; member: Member } | undefined {
    for (const owner of owners) {
      const declaration = this.#declarations.get(owner);
      const member = declaration?.members.get(name);
      if (member !== undefined && member.doc !== '') return { owner, member };
      const inherited = this.#member(declaration?.parents ?? [], name);
      if (inherited !== undefined) return inherited;
    }
    return undefined;
  }

  /** The declarations that a type names, directly and indirectly. */
  #named(type: string, seen: ReadonlySet<string> = new Set()): readonly string[] {
    const names = [...new Set(type.match(/\b[A-Z]\w+/g))].filter(
      name => this.#declarations.has(name) && !seen.has(name) && !OPAQUE.has(name),
    );
    const known = new Set([...seen, ...names]);
    return [...names, ...names.flatMap(name => this.#named(this.#declarations.get(name)?.text ?? '', known))];
  }

  #resolve(file: string, node: Json): readonly [file: string, node: Json] {
    if (typeof node.$ref !== 'string') return [file, node];
    const [target = '', pointer = ''] = node.$ref.split('#/$defs/');
    const home = target === '' ? file : target.replace('.schema.json', '');
    const definition = (this.#schemas.get(home)?.$defs as Json | undefined)?.[pointer];
    const [inner, resolved] = this.#resolve(home, definition as Json);
    return [inner, { ...resolved, ...node, title: node.title ?? resolved.title }];
  }
}

interface Place {
  readonly file: string;
  readonly node: Json;
  readonly owners: readonly string[];
  readonly path: string;
  readonly isShared: boolean;
}

/** Types whose options are documented elsewhere. */
const OPAQUE: ReadonlySet<string> = new Set(['Call', 'Service', 'ServiceHandle', 'Context']);

/** A call is made by a service and not written as an object. */
function isCallSchema(node: Json): boolean {
  return typeof node.$ref === 'string' && node.$ref.endsWith('#/$defs/call');
}

/** @throws Error if a docstring states another default than DEFAULTS. */
function defaultOf(path: string, stated: string, value: unknown): string {
  if (stated.startsWith('Required')) return stated.toLowerCase();
  const text = stated.replace(/^Default:? /, '');
  if (value === undefined || typeof value === 'object') return text;
  if (text.replaceAll(/[`']/g, '').split(',')[0] !== String(value)) {
    throw new Error(`the docstring of "${path}" says "${stated}", the default is ${JSON.stringify(value)}`);
  }
  return text.replace(/^[`']*[^,`']+[`']*/, `\`${typeof value === 'string' ? `'${value}'` : String(value)}\``);
}

async function readSchemas(root: string): Promise<ReadonlyMap<string, Json>> {
  const dir = join(root, 'schemas', 'portico');
  const files = await readdir(dir);
  const texts = await Promise.all(files.map(file => readFile(join(dir, file), 'utf8')));
  return new Map(files.map((file, i) => [file.replace('.schema.json', ''), JSON.parse(texts[i] ?? '') as Json]));
}

/**
 * Every option of the four files, by the region of docs/configuration.md.
 * @throws Error if the types and the schemas of src/config have different options.
 */
export async function readOptions(root: string): Promise<ReadonlyMap<string, readonly Option[]>> {
  const sources = (await readdir(join(root, 'src', 'config'))).map(file => `src/config/${file}`);
  const reader = new OptionReader(await readSchemas(root), await readDeclarations(root, sources));
  const regions = new Map<string, readonly Option[]>();
  for (const { region, schema, declaration } of FILES) regions.set(region, reader.read(schema, declaration, false));
  const shared = reader.read('route', 'RouteDefinition', true);
  for (const name of SHARED) {
    const below = shared.filter(({ path }) => path.startsWith(`${name}.`));
    regions.set(`${name}-options`, below);
  }
  const unknown = reader.unknown();
  if (unknown.length > 0) throw new Error(`no schema of schemas/portico takes ${unknown.join(', ')}`);
  return regions;
}

export function optionTable(options: readonly Option[]): string {
  const rows = options.map(({ path, type, defaultValue, meaning, isPolicy }) => {
    const name = isPolicy ? `[\`${path}\`](#${path.split('.').at(-1)?.toLowerCase()})` : `\`${path}\``;
    return [name, cell(type), cell(defaultValue), cell(meaning)];
  });
  return table(['option', 'type', 'default', 'meaning'], rows);
}

/** The header names that clients cannot send, as a list. */
export function strippedHeaders(): string {
  return DEFAULTS.gateway.strippedRequestHeaders.map(name => `- \`${name}\``).join('\n');
}

const PROGRAM_OPTIONS = ['CreateGatewayOptions', 'RecordingsOptions', 'ListenOptions', 'AttachOptions', 'CloseOptions'];

/** The options of `createGateway` and the methods' arguments, from their own declarations. */
export async function programOptions(root: string): Promise<string> {
  const declarations = await readDeclarations(root, ['src/gateway-options.ts', 'src/recordings/options.ts']);
  const rows = PROGRAM_OPTIONS.flatMap(name =>
    [...(declarations.get(name)?.members.values() ?? [])].map(({ name: option, doc, type }) => [
      `\`${name}.${option}\``,
      cell(`\`${type}\``),
      cell(doc),
    ]),
  );
  return table(['option', 'type', 'meaning and default'], rows);
}
