import { parseArgs } from 'node:util';
import { nearest } from '../load/nearest.ts';
import { UsageError } from './usage-error.ts';

export type CommandName = 'start' | 'dev' | 'check' | 'routes';

interface Flag {
  readonly kind: 'string' | 'boolean';
  readonly commands: readonly CommandName[];
}

const SERVING: readonly CommandName[] = ['start', 'dev'];
const EVERY: readonly CommandName[] = ['start', 'dev', 'check', 'routes'];

const FLAGS: Readonly<Record<string, Flag>> = {
  dir: { kind: 'string', commands: EVERY },
  json: { kind: 'boolean', commands: EVERY },
  port: { kind: 'string', commands: SERVING },
  host: { kind: 'string', commands: SERVING },
  listen: { kind: 'string', commands: SERVING },
  'admin-port': { kind: 'string', commands: SERVING },
  workers: { kind: 'string', commands: ['start'] },
};

/** What was typed, by the flags' names. */
export interface Typed {
  readonly values: ReadonlyMap<string, string>;
  has(flag: string): boolean;
}

/** @throws UsageError for a flag that the command does not have, and for one without its value. */
export function readFlags(command: CommandName, args: readonly string[]): Typed {
  const options = Object.fromEntries(Object.entries(FLAGS).map(([name, { kind }]) => [name, { type: kind }]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`portico ${command} takes no "${token.value}"; see --help`);
    if (token.kind === 'option') values.set(token.name, flagValue(command, token));
  }
  return { values, has: flag => values.has(flag) };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function flagValue(command: CommandName, { name, rawName, value, inlineValue }: OptionToken): string {
  const flag = rawName === `--${name}` ? FLAGS[name] : undefined;
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
  'admin-port': '9090',
  workers: '4',
};

function unknownFlag(command: CommandName, rawName: string): UsageError {
  const known = Object.entries(FLAGS).filter(([, { commands }]) => commands.includes(command));
  const names = known.map(([name]) => `--${name}`);
  const near = nearest(rawName, names);
  const remedy = near === undefined ? `known: ${names.join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`unknown flag ${rawName}; ${remedy}`);
}
