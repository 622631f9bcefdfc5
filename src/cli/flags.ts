import { parseArgs } from 'node:util';
import { nearest } from '../config-loader/nearest.ts';
import { UsageError } from './usage-error.ts';

export type CommandName = 'start' | 'dev' | 'check' | 'routes' | 'purge' | 'explain' | 'breaker' | 'warm';

interface Flag {
  readonly kind: 'string' | 'boolean';
  readonly commands: readonly CommandName[];
  /** Its one letter, where it has one. */
  readonly short?: string;
}

const SERVING: readonly CommandName[] = ['start', 'dev'];
const PROJECT: readonly CommandName[] = ['start', 'dev', 'check', 'routes', 'warm'];
const PURGE: readonly CommandName[] = ['purge'];
const EXPLAIN: readonly CommandName[] = ['explain'];
/** The commands that call a running gateway. */
const ASKING: readonly CommandName[] = [...PURGE, ...EXPLAIN, 'breaker'];
const WITH_WORDS: readonly CommandName[] = [...EXPLAIN, 'breaker'];

const FLAGS: Readonly<Record<string, Flag>> = {
  dir: { kind: 'string', commands: PROJECT },
  json: { kind: 'boolean', commands: [...PROJECT, ...ASKING] },
  port: { kind: 'string', commands: SERVING },
  host: { kind: 'string', commands: SERVING },
  listen: { kind: 'string', commands: SERVING },
  'admin-host': { kind: 'string', commands: [...SERVING, ...ASKING] },
  'admin-port': { kind: 'string', commands: [...SERVING, ...ASKING] },
  workers: { kind: 'string', commands: ['start'] },
  tag: { kind: 'string', commands: PURGE },
  url: { kind: 'string', commands: PURGE },
  prefix: { kind: 'string', commands: PURGE },
  all: { kind: 'boolean', commands: PURGE },
  soft: { kind: 'boolean', commands: PURGE },
  user: { kind: 'string', commands: EXPLAIN },
  header: { kind: 'string', commands: EXPLAIN, short: 'H' },
  origin: { kind: 'string', commands: ['warm'] },
};

/** What was typed, by the flags' names. */
export interface Typed {
  /** What stands without a flag. */
  readonly words: readonly string[];
  /** The last one of each. */
  readonly values: ReadonlyMap<string, string>;
  /** Every one of a flag that may stand more than once. */
  all(flag: string): readonly string[];
  has(flag: string): boolean;
}

/** @throws UsageError for a flag that the command does not have, and for one without its value. */
export function readFlags(command: CommandName, args: readonly string[]): Typed {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, { kind, short }]) => [
      name,
      { type: kind, ...(short === undefined ? {} : { short }) },
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
  if (flag.kind === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return '';
  }
  const missing = value === undefined || value === '' || (inlineValue !== true && value.startsWith('-'));
  if (missing) throw new UsageError(`${rawName} needs a value: ${rawName} ${EXAMPLES[name] ?? ''}`);
  return value;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  dir: './shop',
  port: '8080',
  host: '0.0.0.0',
  listen: 'unix:/run/portico.sock',
  'admin-host': '0.0.0.0',
  'admin-port': '9090',
  workers: '4',
  tag: 'product:7',
  url: 'https://shop.example/page',
  prefix: '/api/',
  header: "'accept-language: de'",
  user: 'u7',
  origin: 'https://shop.example',
};

function unknownFlag(command: CommandName, rawName: string): UsageError {
  const known = Object.entries(FLAGS).filter(([, { commands }]) => commands.includes(command));
  const names = known.map(([name]) => `--${name}`);
  const near = nearest(rawName, names);
  const remedy = near === undefined ? `known: ${names.join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`unknown flag ${rawName}; ${remedy}`);
}
