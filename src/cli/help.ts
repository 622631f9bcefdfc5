import { CALLING, COMMAND_NAMES, type CommandName, FLAGS, type Flag } from './flags.ts';

interface CommandHelp {
  readonly summary: string;
  /** The arguments of the command beside flags. */
  readonly words?: string;
  readonly wordLines?: readonly (readonly [word: string, help: string])[];
}

const COMMANDS: Readonly<Record<CommandName, CommandHelp>> = {
  start: { summary: 'serve the routes of this folder' },
  dev: { summary: 'the same, and again whenever a file is saved' },
  record: { summary: 'the same as start, and write what the backends respond to a folder, for dev --replay' },
  check: { summary: 'look for mistakes in routes, services and configuration' },
  routes: { summary: 'the routes with their policies' },
  types: { summary: 'write the types of the routes for clients, app-routes.d.ts' },
  openapi: { summary: 'the routes as OpenAPI' },
  client: { summary: 'a typed client in one file, for other repositories' },
  import: {
    summary: 'routes, schemas and a service from the OpenAPI document of a backend, once',
    words: 'DOCUMENT --as NAME',
    wordLines: [['DOCUMENT', 'OpenAPI 3.0, 3.1 or 3.2 in JSON or YAML: a file or a URL']],
  },
  purge: { summary: 'make stored responses of a running gateway stale' },
  explain: {
    summary: 'what a running gateway would do with a request; it calls no backend',
    words: 'METHOD PATH',
    wordLines: [['METHOD PATH', 'like GET /api/products/7; PATH may be a whole URL']],
  },
  breaker: {
    summary: 'the circuits of a running gateway',
    words: 'ls | open SITE | close SITE',
    wordLines: [
      ['ls', 'every circuit: its site or shared name, its state, what it counted'],
      ['open SITE', 'force it open until it is closed, also over reloads; a site as ls lists it'],
      ['close SITE', 'close it, and forget what it counted and that it was forced open'],
    ],
  },
  sessions: {
    summary: 'the sessions of a running gateway: who is signed in',
    words: 'ls | end ID | end --user SUBJECT | end --all',
    wordLines: [
      ['ls', 'who is signed in since when, with which scopes and roles; no tokens, no claims'],
      ['end ID', 'end a session of the list, in all processes and at all hosts, with its streams'],
    ],
  },
  why: {
    summary: 'why a recent request was slow, missed a cache or failed',
    words: '[ID]',
    wordLines: [['ID', 'the request id or trace id of a response or a log line; without it the latest requests']],
  },
  history: { summary: 'what each load of the routes of a running gateway changed, and how it did' },
  reload: { summary: 'a running gateway with workers loads its routes anew' },
  warm: { summary: 'fetch the pages that routes keep forever (cache.keepForever)' },
  init: { summary: 'a new project in this folder, with one backend; no file is overwritten' },
  new: {
    summary: 'a new route, in the file that its address needs',
    words: 'route [METHOD] PATH',
    wordLines: [['route [METHOD] PATH', "like route '/api/products/[id]', or route POST /api/orders (GET)"]],
  },
  doctor: { summary: 'look for what keeps this project from running here: ports, backends, Redis, clocks, limits' },
};

/** Flags of most commands. */
const COMMON = ['dir', 'json'];
/** The commands of each section, which have mostly the same flags. */
const SECTIONS: readonly (readonly CommandName[])[] = [
  ['start', 'dev', 'record'],
  ['openapi'],
  ['import'],
  ['purge'],
  ['explain'],
  ['breaker'],
  ['sessions'],
  ['why'],
  ['history'],
  ['reload'],
  ['warm'],
  ['init'],
  ['new'],
];

const ENVIRONMENT = `REDIS_URL            the Redis that several hosts share; wins over portico.config
LOG_LEVEL            info logs every request; warn, error, silent (warn; dev: info)
.env                 variables that the environment lacks; .env.local and .env.MODE before it`;

function rows(lines: readonly (readonly [left: string, right: string])[]): string {
  return lines.map(([left, right]) => `  ${left.padEnd(18)} ${right}`).join('\n');
}

function flagRow(name: string, { value, short, help, helpOfCalls, helpOf }: Flag, commands: readonly CommandName[]) {
  const written = short === undefined ? `--${name}` : `-${short}`;
  const isCall = commands.every(command => CALLING.includes(command));
  const [command] = commands.length === 1 ? commands : [];
  const own = (command && helpOf?.[command]) ?? (isCall ? helpOfCalls : undefined);
  return [value === undefined ? written : `${written} ${value}`, own ?? help] as const;
}

/** The flags that all of these commands have, or a single one with its name. */
function flagRows(commands: readonly CommandName[], isWanted: (name: string) => boolean) {
  return Object.entries(FLAGS).flatMap(([name, flag]) => {
    const its = commands.filter(command => flag.commands.includes(command));
    if (its.length === 0 || !isWanted(name)) return [];
    const [left, right] = flagRow(name, flag, commands);
    return [[left, its.length < commands.length ? `${its.join(', ')}: ${right}` : right] as const];
  });
}

function section(commands: readonly CommandName[]): string {
  const [first] = commands;
  const { words, wordLines = [] } = COMMANDS[first ?? 'start'];
  const title = words === undefined ? listed(commands) : `${first} ${words}`;
  return `${title}\n${rows([...wordLines, ...flagRows(commands, name => !COMMON.includes(name))])}`;
}

function listed(commands: readonly CommandName[]): string {
  return commands.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

/** The help of everything. */
export const HELP_TEXT = `${[
  'portico: the front door between browsers and backend services; a route is a file',
  COMMAND_NAMES.map(name => `  portico ${name.padEnd(10)} ${COMMANDS[name].summary}`).join('\n'),
  rows(flagRows(COMMAND_NAMES, name => COMMON.includes(name))),
  ...SECTIONS.map(section),
  ENVIRONMENT,
].join('\n\n')}\n`;

/** The help of one command: its purpose, its flags, and the environment variables if it serves. */
export function helpAbout(command: CommandName): string {
  const { summary, words, wordLines = [] } = COMMANDS[command];
  const isServing = command === 'start' || command === 'dev' || command === 'record';
  return [
    `portico ${command}${words === undefined ? '' : ` ${words}`}  ${summary}`,
    rows([...wordLines, ...flagRows([command], () => true)]),
    ...(isServing ? [ENVIRONMENT] : []),
  ].join('\n\n');
}
