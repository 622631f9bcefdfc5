import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envFileNames, readEnvFiles, valuesOf } from '../../src/config-loader/env-files.ts';
import { createProject } from '../support/project.ts';

describe('the files of environment variables', () => {
  it('win in the order of Next.js: the local ones before those of everybody', async () => {
    const names = envFileNames('development');
    const files = names.map((name, i) => [
      name,
      names
        .slice(0, i + 1)
        .map((_, at) => `V${at}=${name}\n`)
        .join(''),
    ]);
    await using project = await createProject(Object.fromEntries(files));
    const values = valuesOf(readEnvFiles(project.dir, names));
    expect(values.get('V0')).toBe('.env.development.local');
    expect(values.get('V1')).toBe('.env.local');
    expect(values.get('V2')).toBe('.env.development');
    expect(values.get('V3')).toBe('.env');
  });

  it('that are a folder are ignored, as that of a Python project', async () => {
    await using project = await createProject({});
    await mkdir(join(project.dir, '.env'));
    expect(readEnvFiles(project.dir, envFileNames('production'))).toEqual([]);
  });

  it.each([
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }, []],
    ['\uFEFFA=1', { A: '1' }, []],
    ['# a comment\n\n  export A = b # more\n', { A: 'b' }, []],
    ['A="1\n2 = 3\nno\n"\nB=4', { A: '1\n2 = 3\nno\n', B: '4' }, []],
    ['A=1\nB\nC: 3\nD=4\n=5\n', { A: '1', D: '4' }, [2, 3, 5]],
    ['A="open\nB=2', { A: '"open', B: '2' }, []],
  ])('%j has the variables that Node reads, and these lines left out', async (text, values, leftOut) => {
    await using project = await createProject({ '.env': text });
    expect(readEnvFiles(project.dir, ['.env'])).toEqual([{ name: '.env', values, leftOut }]);
  });

  it.each([
    ['UTF-16, as PowerShell writes it', Buffer.from('\uFEFFA=1\r\n', 'utf16le')],
    ['bytes', Buffer.from([0x41, 0x3d, 0xff, 0xfe])],
    ['NUL', Buffer.from('A=1\0')],
  ])('in %s cannot be read', async (_what, bytes) => {
    await using project = await createProject({});
    await project.write('.env', bytes);
    expect(readEnvFiles(project.dir, ['.env'])).toMatchObject([{ values: {}, problem: 'it is no text in UTF-8' }]);
  });
});
