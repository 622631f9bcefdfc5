import { parseArgs } from 'node:util';
import { DEFAULTS } from '../config/defaults.ts';
import { nearest } from '../config-loader/nearest.ts';
import { UsageError } from './usage-error.ts';

/** In the order of the help. */
export const COMMAND_NAMES = [
  'start',
  'dev',
  'record',
  'check',
  'routes',
  'types',
  'openapi',
  'client',
  'import',
  'purge',
  'explain',
  'breaker',
  'sessions',
  'why',
  'history',
  'reload',
  'warm',
  'init',
  'new',
  'doctor',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

/** A flag with its parsing and its help. */
export interface Flag {
  readonly commands: readonly CommandName[];
  /** The name of its value in the help; absent for a switch. */
  readonly value?: string;
  /** A sample value for the message about a missing one. */
  readonly example?: string;
  readonly help: string;
  /** Another help text for commands that call a running gateway. */
  readonly helpOfCalls?: string;
  /** Help texts for single commands. */
  readonly helpOf?: Readonly<Partial<Record<CommandName, string>>>;
  /** Its letter; the help shows it instead of the name. */
  readonly short?: string;
}

const { server } = DEFAULTS;

const SERVING: readonly CommandName[] = ['start', 'dev', 'record'];
const PROJECT: readonly CommandName[] = [
  ...SERVING,
  'check',
  'routes',
  'types',
  'openapi',
  'client',
  'import',
  'warm',
  'init',
  'new',
  'doctor',
];
const PURGE: readonly CommandName[] = ['purge'];
const EXPLAIN: readonly CommandName[] = ['explain'];
/** The commands that call a running gateway. */
export const CALLING: readonly CommandName[] = [
  ...PURGE,
  ...EXPLAIN,
  'breaker',
  'sessions',
  'why',
  'history',
  'reload',
];
const WITH_WORDS: readonly CommandName[] = [...EXPLAIN, 'breaker', 'sessions', 'why', 'import', 'new'];
/** The commands that know the addresses of a gateway. */
const ADDRESSED: readonly CommandName[] = [...SERVING, 'doctor'];

/** Every flag, in the order of the help. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  dir: {
    commands: [...PROJECT, ...EXPLAIN],
    value: 'PATH',
    example: './shop',
    help: "the project's folder, the one with routes/ in it (.)",
  },
  json: {
    commands: [...PROJECT, ...CALLING],
    help: 'for programs: one JSON value; start, dev and record print one event per line',
  },
  port: { commands: ADDRESSED, value: 'N', example: '8080', help: `PORT; 0 takes a free one (${server.port})` },
  host: {
    commands: ADDRESSED,
    value: 'ADDRESS',
    example: '0.0.0.0',
    help: `HOST; 0.0.0.0 for every address of this host (${server.host})`,
  },
  listen: {
    commands: SERVING,
    value: 'unix:PATH',
    example: 'unix:/run/portico.sock',
    help: 'a Unix socket instead of host and port',
  },
  tag: {
    commands: PURGE,
    value: 'TAG',
    example: 'product:7',
    help: 'responses with this tag; like --url and --prefix as often as you like',
  },
  url: {
    commands: PURGE,
    value: 'URL',
    example: 'https://shop.example/page',
    help: 'responses of an address; a path means every host',
  },
  prefix: {
    commands: PURGE,
    value: 'URL',
    example: '/api/',
    help: 'responses of all addresses that begin so',
  },
  all: {
    commands: [...PURGE, 'sessions'],
    help: 'everything',
    helpOf: { sessions: 'end the sessions of everybody' },
  },
  soft: { commands: PURGE, help: 'stale instead of gone: it may be served while it is revalidated' },
  header: {
    commands: EXPLAIN,
    value: "'name: value'",
    example: "'accept-language: de'",
    help: 'a header of the request; as often as you like',
    short: 'H',
  },
  user: {
    commands: [...EXPLAIN, 'sessions'],
    value: 'SUBJECT',
    example: 'u7',
    help: 'the user, as auth would recognise it or a guard would name it: no guard runs',
    helpOf: { sessions: 'the sessions of this user, by the subject at the identity provider' },
  },
  claims: {
    commands: EXPLAIN,
    value: 'JSON',
    example: '\'{ "scope": "orders:write" }\'',
    help: 'what the identity provider says about the user, with scopes and roles',
  },
  offline: {
    commands: ['explain'],
    help: 'by the files of --dir, as a gateway that has just started; no gateway is called',
  },
  slow: { commands: ['why'], help: 'requests that took longer than 95 % of those of their route' },
  miss: { commands: ['why'], help: 'requests that a cache could not answer' },
  failed: { commands: ['why'], help: 'requests that failed, or lack something in their response' },
  'admin-port': {
    commands: [...ADDRESSED, ...CALLING],
    value: 'N',
    example: '9090',
    help: `PORTICO_ADMIN_PORT; 0 takes a free one (${server.adminPort})`,
    helpOfCalls: `PORTICO_ADMIN_PORT; that of the gateway (${server.adminPort})`,
  },
  'admin-host': {
    commands: [...ADDRESSED, ...CALLING],
    value: 'ADDR',
    example: '0.0.0.0',
    help: `PORTICO_ADMIN_HOST; with 0.0.0.0 the network reads probes and metrics (${server.adminHost})`,
    helpOfCalls: `PORTICO_ADMIN_HOST; that of the gateway (${server.adminHost})`,
  },
  'admin-token-file': {
    commands: [...SERVING, ...CALLING],
    value: 'FILE',
    example: '/run/secrets/portico-admin',
    help: 'or PORTICO_ADMIN_TOKEN: the token of all but probes at the admin port, from other hosts, too',
    helpOfCalls: 'or PORTICO_ADMIN_TOKEN; that of the gateway, if it has one',
  },
  workers: {
    commands: ['start'],
    value: 'N',
    example: '4',
    help: `N processes, which portico reload and SIGHUP replace; 0 is one process that does not (${server.workers})`,
  },
  recordings: {
    commands: SERVING,
    value: 'PATH',
    example: 'recordings',
    help: "the folder of recordings, in the project's (recordings)",
  },
  replay: { commands: ['dev'], help: 'respond with the recordings, and call no backend' },
  redact: {
    commands: ['record'],
    value: 'NAME',
    example: 'customerId',
    help: 'a header, parameter or JSON member that is a secret, too; as often as you like',
  },
  'keep-header': {
    commands: ['record'],
    value: 'NAME',
    example: 'x-tenant',
    help: 'a request header whose value is kept where a response varies by it; as often as you like',
  },
  drift: {
    commands: SERVING,
    value: 'SHARE',
    example: '1%',
    help: 'the share of JSON responses compared with the recordings (dev, record: 100%; start: 0%)',
  },
  mock: { commands: ['dev'], help: 'respond to calls by the schemas of their responses; no backend is called' },
  poll: {
    commands: ['dev'],
    help: 'look at the files every second: for folders of another system, whose changes this one does not report',
  },
  out: { commands: ['openapi', 'client'], value: 'FILE', example: 'openapi.json', help: 'the file to write (stdout)' },
  spec: { commands: ['openapi'], value: 'VERSION', example: '3.2', help: 'version of OpenAPI, 3.1 or 3.2 (3.1)' },
  from: {
    commands: ['client'],
    value: 'FILE|URL',
    example: 'https://shop.example/openapi.json',
    help: "an OpenAPI document instead of the folder's own routes",
  },
  as: {
    commands: ['import'],
    value: 'NAME',
    example: 'catalog',
    help: 'the name of the service in code',
  },
  under: {
    commands: ['import'],
    value: 'PATH',
    example: '/api',
    help: 'the address below which the routes stand (/api/NAME)',
  },
  service: {
    commands: ['init', 'new'],
    value: 'NAME',
    example: 'catalog',
    help: 'the name of the service in code',
    helpOf: {
      init: 'the name of the backend in code (backend)',
      new: 'the service that the route calls, as services.ts exports it (none: a handler)',
    },
  },
  target: {
    commands: ['import', 'init'],
    value: 'URL',
    example: 'http://127.0.0.1:4001',
    help: 'the address of the backend',
    helpOf: {
      import: 'the address of the backend (the first server of the document)',
      init: 'the address of the backend (http://127.0.0.1:3000)',
    },
  },
  check: {
    commands: ['client', 'import'],
    help: 'write nothing; exit 1 if the file is not up to date, or if the document breaks a route',
    helpOf: {
      client: 'write nothing; exit 1 if the file is not up to date',
      import: 'write nothing; exit 1 if the document breaks a route',
    },
  },
  origin: {
    commands: ['warm'],
    value: 'URL',
    example: 'https://shop.example',
    help: 'the public origin: pages are kept per origin',
  },
};

/** The parsed flags by name. */
export interface Typed {
  /** The arguments that are no flags. */
  readonly words: readonly string[];
  /** The last value of each flag. */
  readonly values: ReadonlyMap<string, string>;
  /** All values of a repeatable flag. */
  all(flag: string): readonly string[];
  has(flag: string): boolean;
}

/** @throws UsageError for an unknown flag, and for one without its value. */
export function readFlags(command: CommandName, args: readonly string[]): Typed {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const given: (readonly [flag: string, value: string])[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind === 'option') given.push([token.name, flagValue(command, token)]);
  }
  if (words.length > 0 && !WITH_WORDS.includes(command)) {
    throw new UsageError(`portico ${command} takes no "${words[0]}"; see --help`);
  }
  const values = new Map(given);
  return {
    values,
    words,
    has: flag => values.has(flag),
    all: flag => given.filter(([name]) => name === flag).map(([, value]) => value),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function flagValue(command: CommandName, { name, rawName, value, inlineValue }: OptionToken): string {
  const known = FLAGS[name];
  const flag = rawName === `--${name}` || rawName === `-${known?.short}` ? known : undefined;
  if (flag === undefined) throw unknownFlag(command, rawName);
  if (!flag.commands.includes(command)) {
    throw new UsageError(`portico ${command} has no ${rawName}; it belongs to ${flag.commands.join(' and ')}`);
  }
  if (flag.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return '';
  }
  const missing = value === undefined || value === '' || (inlineValue !== true && value.startsWith('-'));
  if (missing) throw new UsageError(`${rawName} needs a value: ${rawName} ${flag.example ?? ''}`);
  return value;
}

function unknownFlag(command: CommandName, rawName: string): UsageError {
  const known = Object.entries(FLAGS).filter(([, { commands }]) => commands.includes(command));
  const names = known.map(([name]) => `--${name}`);
  const near = nearest(rawName, names);
  const remedy = near === undefined ? `known: ${names.join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`unknown flag ${rawName}; ${remedy}`);
}
