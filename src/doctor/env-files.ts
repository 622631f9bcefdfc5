import { type EnvFile, type EnvMode, envFileNames, readEnvFiles } from '../config-loader/env-files.ts';
import type { DoctorFinding } from './finding.ts';

const COMMANDS: Readonly<Record<EnvMode, string>> = { production: 'start', development: 'dev and record' };

/** The `.env` files with the names of their variables, never their values. */
export function envFindings(dir: string, outside: ReadonlySet<string>): readonly DoctorFinding[] {
  const names = new Set([...envFileNames('production'), ...envFileNames('development')]);
  return readEnvFiles(dir, [...names]).map(file => findingOf(file, outside));
}

function findingOf({ name, values, problem, isHidden, leftOut }: EnvFile, outside: ReadonlySet<string>): DoctorFinding {
  if (isHidden) {
    const detail = 'this user may not read it, so it has no effect';
    return { subject: name, state: 'warning', detail, remedy: 'let the environment have its variables' };
  }
  if (problem !== undefined) {
    const remedy = 'make it readable text in UTF-8, or remove it';
    return { subject: name, state: 'failed', detail: `cannot be read: ${problem}`, remedy };
  }
  const detail = `${forWhom(name)}${namesIn(values, outside)}`;
  if (leftOut.length === 0) return { subject: name, state: 'ok', detail };
  const lines = `${leftOut.length === 1 ? 'line' : 'lines'} ${leftOut.join(', ')}`;
  return { subject: name, state: 'warning', detail: `${detail}; ${lines} left out`, remedy: 'write NAME=value' };
}

function forWhom(name: string): string {
  const mode = (['production', 'development'] as const).find(each => name.includes(each));
  return mode === undefined ? '' : `for ${COMMANDS[mode]}: `;
}

function namesIn(values: Readonly<Record<string, string>>, outside: ReadonlySet<string>): string {
  const names = Object.keys(values).map(name => (outside.has(name) ? `${name} (the environment wins)` : name));
  return names.length === 0 ? 'no variables' : names.join(', ');
}
