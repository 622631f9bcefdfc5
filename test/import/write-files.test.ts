import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFiles } from '../../src/import/write-files.ts';
import { filesBelow } from '../support/files-below.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

describe('files that are written together', () => {
  it('are all there, and what is replaced keeps its mode', async () => {
    const { dir } = own(await createProject({}));
    await writeFile(join(dir, 'a.ts'), 'old', { mode: 0o640 });
    await writeFiles(dir, [
      { file: 'b/c/d.ts', text: 'd', replaces: false },
      { file: 'a.ts', text: 'new', replaces: true },
    ]);
    expect(await readFile(join(dir, 'b/c/d.ts'), 'utf8')).toBe('d');
    expect(await readFile(join(dir, 'a.ts'), 'utf8')).toBe('new');
    expect((await stat(join(dir, 'a.ts'))).mode & 0o777).toBe(0o640);
    expect((await filesBelow(dir)).filter(file => file.endsWith('.tmp'))).toEqual([]);
  });

  it('are none when the last one fails, and folders that were made are gone', async () => {
    const { dir } = own(await createProject({ 'a.ts': 'old', 'taken.ts': 'mine' }));
    await mkdir(join(dir, 'b'));
    const files = [
      { file: 'b/c/d.ts', text: 'd', replaces: false },
      { file: 'a.ts', text: 'new', replaces: true },
      { file: 'taken.ts', text: 'theirs', replaces: false },
    ];
    await expect(writeFiles(dir, files)).rejects.toThrow('EEXIST');
    expect(await readFile(join(dir, 'a.ts'), 'utf8')).toBe('old');
    expect(await readFile(join(dir, 'taken.ts'), 'utf8')).toBe('mine');
    expect(await readdir(join(dir, 'b'))).toEqual([]);
    expect((await readdir(dir)).sort()).toEqual(['a.ts', 'b', 'node_modules', 'package.json', 'taken.ts']);
  });

  it('are none when a name is too long, and the failure is that of the file system', async () => {
    const { dir } = own(await createProject({}));
    const files = [
      { file: 'a/b.ts', text: 'b', replaces: false },
      { file: `c/${'d'.repeat(300)}/e.ts`, text: 'e', replaces: false },
      { file: `f/${'g'.repeat(252)}.ts`, text: 'g', replaces: false },
    ];
    await expect(writeFiles(dir, files)).rejects.toThrow('ENAMETOOLONG');
    expect((await readdir(dir)).sort()).toEqual(['node_modules', 'package.json']);
    await writeFiles(dir, files.slice(2));
    expect(await filesBelow(dir)).toContain(files[2]?.file);
  });

  it('leave a link to a file a link', async () => {
    const { dir } = own(await createProject({ 'real.ts': 'old' }));
    await symlink('real.ts', join(dir, 'link.ts'));
    await writeFiles(dir, [{ file: 'link.ts', text: 'new', replaces: true }]);
    expect((await lstat(join(dir, 'link.ts'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(dir, 'real.ts'), 'utf8')).toBe('new');
  });
});
