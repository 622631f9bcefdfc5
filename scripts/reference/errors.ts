import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CODES } from '../../src/config-loader/problem-codes.ts';
import { type FailureCode, GatewayError } from '../../src/core/failure.ts';
import { lineOf } from './docstrings.ts';
import { cell, table } from './page.ts';

const anchored = (code: string): string => `<a id="${code.toLowerCase().replaceAll('.', '-')}"></a>\`${code}\``;

export function problemTable(): string {
  const rows = Object.entries(CODES).map(([code, { meaning, remedy }]) => [
    anchored(code),
    cell(meaning),
    cell(remedy),
  ]);
  return table(['code', 'meaning', 'remedy'], rows);
}

interface Failure {
  readonly code: string;
  readonly meaning: string;
  readonly remedy: string;
}

const CODE = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^ {2}'([a-z_]+\.[a-z_]+)':/gm;

/** The codes of src/core/failure.ts, in their order there. */
async function readFailures(root: string): Promise<readonly Failure[]> {
  const source = await readFile(join(root, 'src', 'core', 'failure.ts'), 'utf8');
  return [...source.matchAll(CODE)].map(([, comment = '', code = '']) => {
    const [, meaning = '', remedy = ''] = /^(.+?\.)(?: (.+))?$/.exec(lineOf(comment)) ?? [];
    if (meaning === '' || remedy === '') throw new Error(`the docstring of ${code} states no meaning or no remedy`);
    return { code, meaning, remedy };
  });
}

export async function failureTable(root: string): Promise<string> {
  const rows = (await readFailures(root)).map(({ code, meaning, remedy }) => {
    const failure = new GatewayError(code as FailureCode, '');
    const proxyStatus = failure.proxyStatus === undefined ? '' : `\`${failure.proxyStatus}\``;
    return [anchored(code), String(failure.status), failure.blame, proxyStatus, cell(meaning), cell(remedy)];
  });
  return table(['code', 'status', 'blame', '`Proxy-Status` error', 'meaning', 'remedy'], rows);
}
