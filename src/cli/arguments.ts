import { Script } from 'node:vm';
import type { AdminAddress } from '../admin/server.ts';
import { DEFAULTS } from '../config/defaults.ts';
import { isField, isMethod } from '../config/explain-query.ts';
import { type CommandMistake, readPurgeRequest } from '../config/purge-request.ts';
import { isSessionId, readSessionCommand, type SessionCommand } from '../config/session-command.ts';
import { nearest } from '../config-loader/nearest.ts';
import type { RequestQuery } from '../core/request-view.ts';
import type { ListenOptions } from '../gateway.ts';
import { SPEC_VERSIONS, type SpecVersion } from '../openapi/document.ts';
import { DEFAULT_FOLDER, type RecordingsOptions } from '../recordings/options.ts';
import { adminTokenOf } from './admin-token.ts';
import type {
  BreakerCliCommand,
  ClientCommand,
  Command,
  ExplainCommand,
  ImportCommand,
  InitCommand,
  NewRouteCommand,
  PurgeCommand,
  ServeCommand,
  SessionsCliCommand,
  WhyCommand,
} from './command.ts';
import { COMMAND_NAMES, type CommandName, readFlags, type Typed } from './flags.ts';
import { passedSockets } from './passed-sockets.ts';
import type { ProjectEnv } from './project-env.ts';
import { settingMistake } from './setting-mistake.ts';
import { UsageError } from './usage-error.ts';

const HELP: ReadonlySet<string | undefined> = new Set([undefined, 'help', '--help', '-h']);
const VERSION: ReadonlySet<string | undefined> = new Set(['version', '--version', '-v']);
const MAX_PORT = 65_535;
const MAX_WORKERS = 256;

/**
 * A parsed command line. A flag wins over the environment, and the environment over the default.
 * @param files puts the `.env` files of the project into the environment before it is read.
 * @throws UsageError
 */
export function readCommand(args: readonly string[], env: NodeJS.ProcessEnv, files?: ProjectEnv): Command {
  const [first, ...rest] = args;
  if (HELP.has(first)) return { name: 'help', about: COMMAND_NAMES.find(name => name === rest[0]) };
  if (rest.some(arg => arg === '--help' || arg === '-h')) return { name: 'help', about: commandName(first ?? '') };
  if (VERSION.has(first)) return { name: 'version' };
  const name = commandName(first ?? '');
  const typed = readFlags(name, name === 'sessions' ? withIdLast(rest) : rest);
  files?.use(name, typed.values.get('dir') ?? '.');
  if (!typed.has('admin-host')) files?.keepTokenFromHost(name, typed.has('admin-token-file'));
  if (name === 'purge') return purgeCommand(typed, env);
  if (name === 'explain') return explainCommand(typed, env);
  if (name === 'breaker') return breakerCommand(typed, env);
  if (name === 'sessions') return sessionsCommand(typed, env);
  if (name === 'why') return whyCommand(typed, env);
  if (name === 'history') return { name, admin: runningAdmin(typed, env), json: typed.has('json') };
  if (name === 'reload') return { name, admin: runningAdmin(typed, env), json: typed.has('json') };
  const common = { dir: typed.values.get('dir') ?? '.', json: typed.has('json') };
  if (name === 'check' || name === 'routes' || name === 'types') return { name, ...common };
  if (name === 'openapi') return { name, ...common, out: typed.values.get('out'), spec: specOf(typed) };
  if (name === 'client') return clientCommand(typed, common);
  if (name === 'import') return importCommand(typed, common);
  if (name === 'warm') return { name, ...common, origin: originOf(typed) };
  if (name === 'init') return initCommand(typed, common);
  if (name === 'new') return newRouteCommand(typed, common);
  if (name === 'doctor') return { name, ...common, listen: listenOptionsOf(typed, env), admin: adminOf(typed, env) };
  const mistake = settingMistake(env);
  if (mistake !== undefined) throw new UsageError(mistake);
  const sockets = passedSockets(env, process.pid);
  return differentPorts({
    name,
    ...common,
    listen: sockets.main === undefined ? listenOptionsOf(typed, env) : passedOf(typed, sockets.main),
    admin: { ...adminOf(typed, env), ...(sockets.admin !== undefined && { fd: sockets.admin }) },
    mock: typed.has('mock'),
    poll: typed.has('poll'),
    recordings: recordingsOf(name, typed),
    workers:
      name === 'dev'
        ? 1
        : name === 'record'
          ? 0
          : (numberOf(typed, 'workers', {}, '', MAX_WORKERS) ?? DEFAULTS.server.workers),
  });
}

/** Recordings are compared with in `dev`, and in production only if somebody says how often. */
function recordingsOf(name: ServeCommand['name'], typed: Typed): RecordingsOptions | undefined {
  const share = shareOf(typed) ?? (name === 'start' ? 0 : 1);
  const folder = typed.values.get('recordings') ?? DEFAULT_FOLDER;
  if (name === 'record')
    return { use: 'record', folder, share, redact: typed.all('redact'), keepHeaders: typed.all('keep-header') };
  const offline = ['replay', 'mock'].filter(flag => typed.has(flag));
  if (offline.length > 1)
    throw new UsageError('--mock responds with recordings where there are some; leave --replay out');
  if (offline.length > 0 && typed.has('drift'))
    throw new UsageError(`--${offline[0]} calls no backend, so --drift has nothing to compare; leave one of them out`);
  if (typed.has('replay')) return { use: 'replay', folder };
  if (typed.has('mock')) return { use: 'mock', folder };
  if (name === 'start' && typed.has('recordings') && !typed.has('drift'))
    throw new UsageError('portico start reads recordings to compare with them only: --drift 1%');
  return share > 0 ? { use: 'compare', folder, share } : undefined;
}

function shareOf(typed: Typed): number | undefined {
  const text = typed.values.get('drift');
  if (text === undefined) return undefined;
  const percent = /^\d+(?:\.\d+)?%$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent <= 100) return percent / 100;
  throw new UsageError(`--drift is a share from 0% to 100%, like 1%; it is "${text}"`);
}

function originOf(typed: Typed): URL {
  const text = typed.values.get('origin');
  if (text === undefined) throw new UsageError('portico warm needs the public origin: --origin https://shop.example');
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href) return url;
  throw new UsageError(`--origin is http:// or https://, a host and perhaps a port; it is "${text}"`);
}

function clientCommand(typed: Typed, common: { readonly dir: string; readonly json: boolean }): ClientCommand {
  const out = typed.values.get('out');
  const check = typed.has('check');
  if (check && out === undefined)
    throw new UsageError('portico client --check needs the file: --out src/shop-client.ts');
  return { name: 'client', ...common, out, from: typed.values.get('from'), check };
}

const DEFAULT_TARGET = 'http://127.0.0.1:3000';
const SERVICE_NAME = /^[a-z][A-Za-z\d]*$/;
/** The address that routes can have as literal folders. */
const FOLDERS = /^(?:\/(?![._])[\w.~-]+)*$/;

function importCommand(typed: Typed, common: { readonly dir: string; readonly json: boolean }): ImportCommand {
  const [from, ...more] = typed.words;
  if (from === undefined || more.length > 0) {
    throw new UsageError('portico import takes one document: portico import openapi.json --as catalog');
  }
  const service = serviceNameOf(typed, 'as');
  if (service === undefined) throw new UsageError('portico import needs the name of the service: --as catalog');
  const under = (typed.values.get('under') ?? `/api/${service}`).replace(/\/$/, '');
  if (!FOLDERS.test(under)) throw new UsageError(`--under is a path without params, like /api; it is "${under}"`);
  const target = typed.values.get('target');
  return { name: 'import', ...common, from, service, under, target, check: typed.has('check') };
}

function serviceNameOf(typed: Typed, flag: 'as' | 'service'): string | undefined {
  const service = typed.values.get(flag);
  refuseImported(service, flag);
  if (service === undefined || (SERVICE_NAME.test(service) && !isReserved(service))) return service;
  throw new UsageError(
    `--${flag} is a name for code that begins with a small letter and is no reserved word; it is "${service}"`,
  );
}

/** Names that the written files import beside the service. */
const IMPORTED: readonly string[] = ['defineRoute', 'defineService'];

function refuseImported(service: string | undefined, flag: 'as' | 'service'): void {
  if (service === undefined || !IMPORTED.includes(service)) return;
  throw new UsageError(`--${flag} needs another name: the files import ${service} from portico`);
}

function initCommand(typed: Typed, common: { readonly dir: string; readonly json: boolean }): InitCommand {
  const service = serviceNameOf(typed, 'service');
  const target = typed.values.get('target');
  const asks = service === undefined && target === undefined && !common.json;
  return { name: 'init', ...common, service: service ?? 'backend', target: target ?? DEFAULT_TARGET, asks };
}

const ROUTE_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function newRouteCommand(typed: Typed, common: { readonly dir: string; readonly json: boolean }): NewRouteCommand {
  const [what, ...words] = typed.words;
  const [method = '', path] = words.length === 1 ? ['GET', ...words] : words;
  const example = "portico new route '/api/products/[id]', or portico new route POST /api/orders";
  if (what !== 'route' || path === undefined || words.length > 2) {
    throw new UsageError(`portico new takes route and a path: ${example}`);
  }
  if (!ROUTE_METHODS.includes(method.toUpperCase())) {
    throw new UsageError(`"${method}" is no method of a route; known: ${ROUTE_METHODS.join(', ')}`);
  }
  if (!/^\/$|^(?:\/[^/?#\s]+)+$/.test(path)) {
    throw new UsageError(`a path begins with / and ends without, and has no query; it is "${path}"`);
  }
  const service = typed.values.get('service');
  refuseImported(service, 'service');
  return { name: 'new', ...common, method: method.toLowerCase(), path, service };
}

/** Whether no constant can have this name (ECMA-262, ReservedWord). */
function isReserved(name: string): boolean {
  try {
    new Script(`'use strict'; const ${name} = 1;`);
    return name === 'await';
  } catch {
    return true;
  }
}

/** `3.1` and `3.2` are enough. */
function specOf(typed: Typed): SpecVersion {
  const text = typed.values.get('spec') ?? SPEC_VERSIONS[0];
  const known = SPEC_VERSIONS.find(version => version === text || version.replace(/\.\d+$/, '') === text);
  if (known !== undefined) return known;
  throw new UsageError(`--spec is ${SPEC_VERSIONS.join(' or ')}; it is "${text}"`);
}

function adminOf(typed: Typed, env: NodeJS.ProcessEnv): AdminAddress {
  const token = adminTokenOf(typed.values.get('admin-token-file'), env.PORTICO_ADMIN_TOKEN);
  return {
    ...(token !== undefined && { token }),
    host: typed.values.get('admin-host') ?? said(env.PORTICO_ADMIN_HOST) ?? DEFAULTS.server.adminHost,
    port: numberOf(typed, 'admin-port', env, 'PORTICO_ADMIN_PORT', MAX_PORT) ?? DEFAULTS.server.adminPort,
  };
}

function purgeCommand(typed: Typed, env: NodeJS.ProcessEnv): PurgeCommand {
  const given = Object.entries({ tags: typed.all('tag'), urls: typed.all('url'), prefixes: typed.all('prefix') });
  const switches = ['all', 'soft'].filter(flag => typed.has(flag)).map(flag => [flag, true]);
  const named = given.filter(([, list]) => list.length > 0);
  if (named.length === 0 && !typed.has('all')) {
    throw new UsageError('portico purge names nothing; say what with --tag, --url, --prefix or --all');
  }
  const read = readPurgeRequest(Object.fromEntries([...named, ...switches]));
  if ('mistakes' in read) throw new UsageError(read.mistakes.map(mistake => inFlags(mistake, given)).join('; '));
  return { name: 'purge', command: read.command, admin: runningAdmin(typed, env), json: typed.has('json') };
}

function runningAdmin(typed: Typed, env: NodeJS.ProcessEnv): AdminAddress {
  const admin = adminOf(typed, env);
  if (admin.port === 0) throw new UsageError('port 0 is no port of a gateway that runs; name it with --admin-port');
  return admin;
}

function explainCommand(typed: Typed, env: NodeJS.ProcessEnv): ExplainCommand {
  const [word = '', path, ...more] = typed.words;
  const method = word.toUpperCase();
  if (!isMethod(method) || path === undefined || path === '' || more.length > 0) {
    throw new UsageError('portico explain takes a method and a path, like: portico explain GET /api/products/7');
  }
  const user = typed.values.get('user');
  const claims = claimsOf(typed);
  if (claims !== undefined && user === undefined)
    throw new UsageError('--claims are those of a user; name it with --user');
  const query = {
    method,
    path,
    headers: headersIn(typed.all('header')),
    ...(user === undefined ? {} : { user }),
    ...(claims === undefined ? {} : { claims }),
  };
  if (typed.has('dir') && !typed.has('offline'))
    throw new UsageError('--dir is for --offline; without it the running gateway explains');
  const offline = typed.has('offline') ? (typed.values.get('dir') ?? '.') : undefined;
  return { name: 'explain', query, offline, admin: runningAdmin(typed, env), json: typed.has('json') };
}

function claimsOf(typed: Typed): Readonly<Record<string, unknown>> | undefined {
  const text = typed.values.get('claims');
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // The same mistake: it is no object.
  }
  throw new UsageError(`--claims takes a JSON object, like '{ "scope": "orders:write" }'; it is ${text}`);
}

function breakerCommand(typed: Typed, env: NodeJS.ProcessEnv): BreakerCliCommand {
  const [verb, ...words] = typed.words;
  // A site is a method and a path, which need no quotes in a shell.
  const site = words.join(' ');
  const common = { name: 'breaker', admin: runningAdmin(typed, env), json: typed.has('json') } as const;
  if (verb === 'ls' && site === '') return { ...common, command: undefined };
  if (verb === 'open' && site !== '') return { ...common, command: { open: site } };
  if (verb === 'close' && site !== '') return { ...common, command: { close: site } };
  const example = 'portico breaker open GET /api/products/{id}';
  throw new UsageError(`portico breaker takes ls, or open or close and a site of the list, like: ${example}`);
}

function whyCommand(typed: Typed, env: NodeJS.ProcessEnv): WhyCommand {
  const [id, ...more] = typed.words;
  const filters = FILTERS.filter(filter => typed.has(filter));
  if (more.length > 0 || (id !== undefined && filters.length > 0))
    throw new UsageError('portico why takes the id of one request, or --slow, --miss and --failed for the latest ones');
  const query: RequestQuery = id === undefined ? Object.fromEntries(filters.map(filter => [filter, true])) : { id };
  return { name: 'why', query, admin: runningAdmin(typed, env), json: typed.has('json') };
}

const FILTERS = ['slow', 'miss', 'failed'] as const;

/** One id in 64 begins with a dash, and is no flag. */
function withIdLast(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg, i) => args[i - 1] === 'end' && isSessionId(arg));
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 1), '--', args[at] ?? ''];
}

function sessionsCommand(typed: Typed, env: NodeJS.ProcessEnv): SessionsCliCommand {
  const [verb, id, ...more] = typed.words;
  const user = typed.values.get('user');
  const common = { name: 'sessions', admin: runningAdmin(typed, env), json: typed.has('json') } as const;
  if (verb === 'ls' && id === undefined && !typed.has('all'))
    return { ...common, query: user === undefined ? {} : { user }, command: undefined };
  const named: SessionCommand[] = [
    ...(id === undefined ? [] : [{ id }]),
    ...(user === undefined ? [] : [{ user }]),
    ...(typed.has('all') ? [{ all: true } as const] : []),
  ];
  const [command] = named;
  if (verb !== 'end' || command === undefined || named.length > 1 || more.length > 0)
    throw new UsageError('portico sessions takes ls, or end and one of: an id of the list, --user, --all');
  const read = readSessionCommand(command);
  if ('mistakes' in read)
    throw new UsageError(read.mistakes.map(mistake => sessionMistake(mistake, command)).join('; '));
  return { ...common, query: {}, command };
}

function sessionMistake({ pointer, detail }: CommandMistake, command: SessionCommand): string {
  return pointer === '/id' && 'id' in command ? `an id ${detail}; it is "${command.id}"` : `--user ${detail}`;
}

function headersIn(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    if (!isField(name, value)) throw new UsageError(`-H takes 'name: value'; it is "${line}"`);
    headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

const FLAG_OF: Readonly<Record<string, string>> = { tags: '--tag', urls: '--url', prefixes: '--prefix' };

function inFlags({ pointer, detail }: CommandMistake, given: readonly [string, readonly string[]][]): string {
  const [, name = '', index] = pointer.split('/');
  const [, list = []] = given.find(([known]) => known === name) ?? [];
  return `${FLAG_OF[name] ?? name} ${detail}; it is "${list[Number(index)] ?? ''}"`;
}

function commandName(word: string): CommandName {
  const known = COMMAND_NAMES.find(name => name === word);
  if (known !== undefined) return known;
  const near = nearest(word, COMMAND_NAMES);
  const remedy = near === undefined ? `known: ${COMMAND_NAMES.join(', ')}` : `did you mean ${near}?`;
  throw new UsageError(`unknown command ${word}; ${remedy}`);
}

const UNIX = 'unix:';

function listenOptionsOf(typed: Typed, env: NodeJS.ProcessEnv): ListenOptions {
  const listen = typed.values.get('listen');
  if (listen === undefined) {
    const port = numberOf(typed, 'port', env, 'PORT', MAX_PORT) ?? DEFAULTS.server.port;
    return { port, host: typed.values.get('host') ?? said(env.HOST) ?? DEFAULTS.server.host };
  }
  if (!listen.startsWith(UNIX) || listen === UNIX) {
    throw new UsageError(`--listen takes unix: and a path, like unix:/run/portico.sock; it is "${listen}"`);
  }
  const other = ['port', 'host'].find(flag => typed.has(flag));
  if (other !== undefined) throw new UsageError(`--listen and --${other} name two addresses; choose one`);
  return { path: listen.slice(UNIX.length) };
}

/** A socket of a service manager wins over the environment, which may be that of every service. */
function passedOf(typed: Typed, fd: number): ListenOptions {
  const other = ['port', 'host', 'listen'].find(flag => typed.has(flag));
  if (other === undefined) return { fd };
  throw new UsageError(`the socket of LISTEN_FDS and --${other} name two addresses; leave one of them out`);
}

function numberOf(
  typed: Typed,
  flag: string,
  env: NodeJS.ProcessEnv,
  variable: string,
  max: number,
): number | undefined {
  const flagged = typed.values.get(flag);
  const text = flagged ?? setting(env[variable]);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  const name = flagged === undefined ? variable : `--${flag}`;
  throw new UsageError(`${name} is a whole number from 0 to ${max}; it is "${text}"`);
}

/** Kubernetes sets PORTICO_ADMIN_PORT=tcp://10.0.0.1:80 in each pod beside a Service named portico-admin. */
function setting(text: string | undefined): string | undefined {
  return /^(?:tcp|udp|sctp):\/\//.test(text ?? '') ? undefined : said(text);
}

/** An empty variable counts as unset. */
function said(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function differentPorts(command: ServeCommand): ServeCommand {
  const { admin, listen } = command;
  if (admin.port === 0 || admin.port !== listen.port) return command;
  throw new UsageError(`the gateway and its admin port cannot both be ${admin.port}; choose another with --admin-port`);
}
