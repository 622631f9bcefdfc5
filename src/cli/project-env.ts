import { isLoopback } from '../admin/loopback.ts';
import { type EnvFile, type EnvMode, envFileNames, readEnvFiles, valuesOf } from '../config-loader/env-files.ts';
import { CALLING, type CommandName } from './flags.ts';
import { urlHost } from './open-admin.ts';
import { settingMistake } from './setting-mistake.ts';
import { UsageError } from './usage-error.ts';

/** They are read before the files are. */
const OF_NODE = [
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'NODE_USE_ENV_PROXY',
  'NODE_COMPILE_CACHE',
  'NODE_DISABLE_COMPILE_CACHE',
] as const;
/** What one process tells another one about it, which is no setting of a project. */
const OF_PROCESSES = [
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
  'PORTICO_WORKER',
  'PORTICO_HOST_NODE',
] as const;
const NOT_FROM_FILES: ReadonlySet<string> = new Set([...OF_NODE, ...OF_PROCESSES]);
/** What the process that listens reads once. */
const AT_START = ['PORT', 'HOST', 'PORTICO_ADMIN_PORT', 'PORTICO_ADMIN_HOST', 'PORTICO_ADMIN_TOKEN'];

/** Commands that neither load a project nor know a gateway. */
const WITHOUT: ReadonlySet<CommandName> = new Set<CommandName>(['init', 'new', 'import']);

/** The variables of the `.env` files of a project, put into the environment of this process. */
export class ProjectEnv {
  readonly #env: NodeJS.ProcessEnv;
  /** Set from outside; a file never changes them. */
  readonly #outside: ReadonlySet<string>;
  #dir = '.';
  #mode: EnvMode | undefined;
  #current: ReadonlyMap<string, string> = new Map();
  #notes: readonly string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
    this.#outside = new Set(Object.keys(env));
  }

  /** The names that no file sets, because the environment has them. */
  get outside(): ReadonlySet<string> {
    return this.#outside;
  }

  /** What is worth knowing about the files, a sentence each. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** The files that a running command has read; none for a command without. */
  get watched(): readonly string[] {
    return this.#mode === undefined ? [] : envFileNames(this.#mode);
  }

  /**
   * Reads the files for a command.
   * @throws UsageError for a file that cannot be read; `doctor` shows that itself.
   */
  use(command: CommandName, dir: string): void {
    if (WITHOUT.has(command)) return;
    this.#dir = dir;
    this.#mode = command === 'dev' || command === 'record' ? 'development' : 'production';
    const files = this.#read();
    const problem = problemIn(files);
    if (problem !== undefined && command !== 'doctor') throw new UsageError(problem);
    this.#apply(this.#settable(files));
    this.#notes = this.#notesOn(files);
  }

  /**
   * A command may be typed in the folder of a stranger, whose files must not name who gets a token from elsewhere.
   * @param hasOwnToken whether a flag gives the token. @throws UsageError
   */
  keepTokenFromHost(command: CommandName, hasOwnToken: boolean): void {
    const host = this.#current.get('PORTICO_ADMIN_HOST');
    if (host === undefined || !CALLING.includes(command) || isLoopback(urlHost(host))) return;
    if (!hasOwnToken && !this.#outside.has('PORTICO_ADMIN_TOKEN')) return;
    throw new UsageError(
      `PORTICO_ADMIN_HOST is from a .env file, and the token is not; if ${host} may have it, name it with --admin-host`,
    );
  }

  /**
   * Reads them again, for the next workers; with a file that cannot be read, or a value that ends a start, all stays as
   * it was.
   * @returns what is worth knowing and was not so before.
   */
  reread(): readonly string[] {
    const files = this.#read();
    const problem = problemIn(files) ?? settingMistake(Object.fromEntries(this.#settable(files)));
    const notes =
      problem === undefined ? this.#next(files) : [`${problem}; the variables of the .env files stay as they were`];
    const news = notes.filter(note => !this.#notes.includes(note));
    this.#notes = notes;
    return news;
  }

  #next(files: readonly EnvFile[]): readonly string[] {
    const before = this.#current;
    const settable = this.#settable(files);
    const late = AT_START.filter(name => settable.get(name) !== before.get(name));
    const kept = [...before].filter(([name]) => AT_START.includes(name));
    this.#apply(new Map([...[...settable].filter(([name]) => !AT_START.includes(name)), ...kept]));
    return [...this.#notesOn(files), ...late.map(name => `${name} of the .env files counts after a restart`)];
  }

  #read(): readonly EnvFile[] {
    return readEnvFiles(this.#dir, this.watched);
  }

  #settable(files: readonly EnvFile[]): ReadonlyMap<string, string> {
    return new Map([...valuesOf(files)].filter(([name]) => !this.#outside.has(name) && !NOT_FROM_FILES.has(name)));
  }

  #apply(next: ReadonlyMap<string, string>): void {
    // What is as before is not written: the token of the admin port has been taken out of the environment.
    for (const name of this.#current.keys()) if (!next.has(name)) delete this.#env[name];
    for (const [name, value] of next) if (this.#current.get(name) !== value) this.#env[name] = value;
    this.#current = next;
  }

  #notesOn(files: readonly EnvFile[]): readonly string[] {
    const lines = files.flatMap(({ name, leftOut }) =>
      leftOut.map(line => `line ${line} of ${name} is left out, because it is no NAME=value`),
    );
    const hidden = files.filter(({ isHidden }) => isHidden);
    const values = valuesOf(files);
    const late = OF_NODE.filter(name => values.has(name) && !this.#outside.has(name));
    return [
      ...lines,
      ...hidden.map(({ name }) => `${name} has no effect, because this user may not read it`),
      ...late.map(name => `${name} has no effect in a .env file, as it is read before; set it in the environment`),
    ];
  }
}

function problemIn(files: readonly EnvFile[]): string | undefined {
  const unread = files.find(({ problem }) => problem !== undefined);
  return unread && `${unread.name} cannot be read: ${unread.problem}`;
}
