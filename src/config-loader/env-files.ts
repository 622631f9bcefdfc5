import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** For which commands files with a mode in their names are: `dev` and `record`, or `start` and all others. */
export type EnvMode = 'development' | 'production';

/** One file of environment variables in the folder of a project. */
export interface EnvFile {
  readonly name: string;
  /** Empty if it cannot be read. */
  readonly values: Readonly<Record<string, string>>;
  /** Why it cannot be read. */
  readonly problem?: string;
  /** Whether it is for other users, as one that a service manager reads as root. */
  readonly isHidden?: boolean;
  /** The numbers of lines that are no variable. */
  readonly leftOut: readonly number[];
}

/** The files of a mode, the first one wins: what belongs to this computer before what everybody has. */
export function envFileNames(mode: EnvMode): readonly string[] {
  return [`.env.${mode}.local`, '.env.local', `.env.${mode}`, '.env'];
}

/** The existing files in the order of their names. */
export function readEnvFiles(dir: string, names: readonly string[]): readonly EnvFile[] {
  return names.flatMap(name => readEnvFile(dir, name) ?? []);
}

/** The value of each variable, from the first file that has it. */
export function valuesOf(files: readonly EnvFile[]): ReadonlyMap<string, string> {
  return new Map(files.toReversed().flatMap(({ values }) => Object.entries(values)));
}

function readEnvFile(dir: string, name: string): EnvFile | undefined {
  const path = join(dir, name);
  try {
    // Python puts its packages into a folder of that name.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    return { name, ...variablesIn(readFileSync(path)) };
  } catch (error) {
    const unread = { name, values: {}, leftOut: [] };
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return { ...unread, isHidden: true };
    return { ...unread, problem: error instanceof Error ? error.message : String(error) };
  }
}

function variablesIn(bytes: Buffer): Omit<EnvFile, 'name'> {
  const text = textOf(bytes);
  if (text === undefined) return { values: {}, leftOut: [], problem: 'it is no text in UTF-8' };
  return { values: { ...parseEnv(text) } as Record<string, string>, leftOut: otherLines(text) };
}

function textOf(bytes: Buffer): string | undefined {
  try {
    // It drops the byte order mark, which would be part of the first name.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // A variable of the environment cannot have a NUL, and UTF-16 is full of them.
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** A name, `=`, and a value, which in quotes may have several lines, as Node reads them. */
const VARIABLE = /^[^\S\n]*[^\s#=][^=\n]*=[^\S\n]*(?:"[^"]*"|'[^']*'|`[^`]*`)?[^\n]*/gm;

/** Node leaves out what it cannot read, and says nothing. */
function otherLines(text: string): readonly number[] {
  const others = text.replace(VARIABLE, variable => variable.replace(/[^\n]/g, ''));
  return others.split('\n').flatMap((line, i) => (/^\s*(?:#|$)/.test(line) ? [] : [i + 1]));
}
